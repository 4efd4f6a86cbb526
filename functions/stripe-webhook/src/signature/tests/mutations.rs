//! A million requests that differ from Stripe's by one change: none may pass unless the
//! signed content is unchanged.

use std::thread;

use super::*;

const TRIES: u64 = 1_000_000;
const THREADS: u64 = 4;

/// Xorshift: the same million every time. Source: George Marsaglia, "Xorshift RNGs",
/// Journal of Statistical Software 8 (2003).
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len())]
    }
}

/// Changes one byte, or cuts, duplicates or swaps a range.
fn mutate(bytes: &mut Vec<u8>, random: &mut Generator) {
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = b"0123456789abcdef,=tv \x00"[random.below(22)],
        2 => bytes.truncate(at),
        3 => bytes.insert(at, b"0123456789abcdef,=tv \x00"[random.below(22)]),
        4 => {
            bytes.remove(at);
        }
        _ => {
            let other = random.below(bytes.len());
            bytes.swap(at, other);
        }
    }
}

/// Changes of a header beyond single bytes.
fn rewrite(header: &str, random: &mut Generator) -> String {
    let (time, rest) = header.split_once(',').unwrap();
    let digits = rest.rsplit('=').next().unwrap();
    let moved = SIGNED_AT - 400 + i64::try_from(random.below(800)).unwrap();
    let extra = random.pick(&[
        "t=1",
        "t=",
        "v0=1",
        "v1=",
        "x",
        "",
        " ",
        "t=1800000001",
        "é=1",
    ]);
    match random.below(8) {
        0 => format!("t={moved},{rest}"),
        1 => format!("{time},v0={digits}"),
        2 => format!("{time},V1={digits}"),
        3 => format!("{extra},{header}"),
        4 => format!("{header},{extra}"),
        5 => format!("{time},v1={}", digits.to_uppercase()),
        6 => format!("{rest},{time}"),
        _ => format!(
            "{time},v1={}",
            hex::encode(random.next().to_be_bytes().repeat(4))
        ),
    }
}

/// Whether a header still has the example's time and signature.
fn is_untouched(header: &str, original: &str) -> bool {
    let mut parts = header.split(',');
    original
        .split(',')
        .all(|wanted| header.split(',').any(|part| part == wanted))
        && parts.all(|part| !part.starts_with("t=") || original.starts_with(part))
}

/// How many of `tries` were refused, and how many reached the HMAC.
fn run(seed: u64, tries: u64) -> (u64, u64) {
    let mut random = Generator(seed);
    let all = [secret(NEW), secret(OLD)];
    let originals = [NEW, OLD].map(|key| format!("t={SIGNED_AT},{}", v1(key)));
    let (mut refused, mut compared) = (0, 0);
    for number in 0..tries {
        // Mostly one secret, as in production most of the time; each costs an HMAC.
        let signer = random.below(2);
        let original = originals[signer].clone();
        let secrets = match number % 17 {
            0 => all.as_slice(),
            _ => &all[signer..=signer],
        };
        let mut header = original.clone();
        let mut body = BODY.to_vec();
        match number % 4 {
            0 => mutate(&mut body, &mut random),
            1 => header = rewrite(&original, &mut random),
            _ => {
                let mut bytes = header.into_bytes();
                mutate(&mut bytes, &mut random);
                header = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
        match verify(Some(&header), &body, secrets, moment(SIGNED_AT)) {
            Err(error) => {
                refused += 1;
                compared += u64::from(error == SignatureError::NoMatch);
            }
            Ok(()) => {
                assert_eq!(body, BODY, "accepted another body with {header:?}");
                assert!(is_untouched(&header, &original), "accepted {header:?}");
            }
        }
    }
    (refused, compared)
}

#[test]
fn a_million_forged_requests_are_refused() {
    let each = TRIES / THREADS;
    let workers: Vec<_> = (1..=THREADS)
        .map(|worker| thread::spawn(move || run(worker.wrapping_mul(0x9E37_79B9_7F4A_7C15), each)))
        .collect();
    let (mut refused, mut compared) = (0, 0);
    for worker in workers {
        let (one, other) = worker.join().unwrap();
        refused += one;
        compared += other;
    }
    println!(
        "{TRIES} tried, {refused} refused, {compared} of them by their HMAC; the rest changed nothing"
    );
    // Some changes have no effect: a bit flipped to itself, an ignored part added.
    assert!(refused > TRIES / 10 * 9, "{refused}");
    assert!(compared > TRIES / 4, "{compared}");
}
