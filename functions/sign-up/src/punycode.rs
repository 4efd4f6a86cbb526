//! A label of an internationalised host name in ASCII (RFC 3492), without its `xn--`.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// The label, or none if it is too long for its numbers.
pub(crate) fn encoded(label: &str) -> Option<String> {
    let mut written: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(written.len()).ok()?;
    let all = u32::try_from(label.chars().count()).ok()?;
    if basic > 0 {
        written.push('-');
    }
    let (mut n, mut delta, mut bias, mut done) = (INITIAL_N, 0_u32, INITIAL_BIAS, basic);
    while done < all {
        let next = label.chars().map(u32::from).filter(|it| *it >= n).min()?;
        let skipped = next.checked_sub(n)?.checked_mul(done.checked_add(1)?)?;
        delta = delta.checked_add(skipped)?;
        n = next;
        for point in label.chars().map(u32::from) {
            if point < n {
                delta = delta.checked_add(1)?;
            }
            if point == n {
                number(delta, bias, &mut written)?;
                bias = adapted(delta, done.checked_add(1)?, done == basic)?;
                delta = 0;
                done = done.checked_add(1)?;
            }
        }
        delta = delta.checked_add(1)?;
        n = n.checked_add(1)?;
    }
    Some(written)
}

/// Writes a number in digits of varying base, the least first.
fn number(value: u32, bias: u32, written: &mut String) -> Option<()> {
    let (mut rest, mut k) = (value, BASE);
    loop {
        let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if rest < threshold {
            written.push(digit(rest)?);
            return Some(());
        }
        let over = rest.checked_sub(threshold)?;
        let base = BASE.checked_sub(threshold)?;
        written.push(digit(threshold.checked_add(over.checked_rem(base)?)?)?);
        rest = over.checked_div(base)?;
        k = k.checked_add(BASE)?;
    }
}

/// `a` to `z`, then `0` to `9`.
fn digit(value: u32) -> Option<char> {
    match value {
        0..=25 => char::from_u32(value.checked_add(u32::from('a'))?),
        _ => char::from_digit(value.checked_sub(26)?, 10),
    }
}

fn adapted(delta: u32, points: u32, is_first: bool) -> Option<u32> {
    let divisor = if is_first { DAMP } else { 2 };
    let mut delta = delta.checked_div(divisor)?;
    delta = delta.checked_add(delta.checked_div(points)?)?;
    let mut k = 0_u32;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta = delta.checked_div(BASE - T_MIN)?;
        k = k.checked_add(BASE)?;
    }
    let rest = (BASE - T_MIN + 1).checked_mul(delta)?;
    k.checked_add(rest.checked_div(delta.checked_add(SKEW)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_encoded_as_the_samples_of_the_standard() {
        for (label, expected) in [
            ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
            (
                "почемужеонинеговорятпорусски",
                "b1abfaaepdrnnbgefbadotcwatmq2g4l",
            ),
            ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
            ("bücher", "bcher-kva"),
            ("ü", "tda"),
        ] {
            assert_eq!(encoded(label).as_deref(), Some(expected), "{label}");
        }
    }
}
