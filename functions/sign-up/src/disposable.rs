//! Whether an address is one of a throw-away mailbox, by the list in
//! `data/disposable-domains.txt`.

use std::sync::OnceLock;

const LIST: &str = include_str!("../data/disposable-domains.txt");

/// No host name is longer (RFC 1035, 2.3.4).
const MAX_DOMAIN: usize = 253;

/// The domains of the list, sorted as they stand there.
fn domains() -> &'static [&'static str] {
    static DOMAINS: OnceLock<Vec<&'static str>> = OnceLock::new();
    DOMAINS.get_or_init(|| LIST.lines().filter(|line| !line.starts_with('#')).collect())
}

/// Whether the domain of an address, or a domain above it, is on the list.
pub(crate) fn is_disposable(address: &str) -> bool {
    let Some((_, domain)) = address.trim().rsplit_once('@') else {
        return false;
    };
    let Some(domain) = ascii(domain) else {
        return false;
    };
    let mut rest = Some(domain.as_str());
    while let Some(domain) = rest {
        if domains().binary_search(&domain).is_ok() {
            return true;
        }
        rest = domain.split_once('.').map(|(_, above)| above);
    }
    false
}

/// A domain as it is looked up, as mail systems read it: in lower case, without a dot at the
/// end, its labels in ASCII (UTS 46). None if it can be no host's.
fn ascii(domain: &str) -> Option<String> {
    let mut ascii = idna::domain_to_ascii(domain).ok()?;
    ascii.truncate(ascii.trim_end_matches('.').len());
    (ascii.len() <= MAX_DOMAIN).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_plain_and_without_repetition() {
        let domains = domains();
        assert!((100..=1000).contains(&domains.len()), "{}", domains.len());
        for pair in domains.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
        for domain in domains {
            assert_eq!(ascii(domain).as_deref(), Some(*domain));
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
            assert!(
                domain.bytes().all(is_plain) && domain.contains('.'),
                "{domain}"
            );
        }
    }

    #[test]
    fn no_provider_of_lasting_mailboxes_is_on_the_list() {
        for domain in [
            "gmail.com",
            "googlemail.com",
            "outlook.com",
            "hotmail.com",
            "yahoo.com",
            "icloud.com",
            "privaterelay.appleid.com",
            "proton.me",
            "gmx.de",
            "web.de",
            "mozmail.com",
            "duck.com",
            "simplelogin.com",
            "qq.com",
            "example.com",
        ] {
            assert!(!is_disposable(&format!("ada@{domain}")), "{domain}");
        }
    }

    #[test]
    fn a_domain_is_found_however_it_is_written_and_below_itself() {
        for address in [
            "ada@mailinator.com",
            "ADA@MAILINATOR.COM",
            " ada@mailinator.com ",
            "ada@mailinator.com.",
            "ada@deep.er.mailinator.com",
            "ada+tag@yopmail.com",
            "\"a@b\"@yopmail.com",
            "ada@ｍａｉｌｉｎａｔｏｒ．ｃｏｍ",
            "ada@mailinator。com",
        ] {
            assert!(is_disposable(address), "{address}");
        }
        for address in [
            "ada@example.com",
            "ada@notmailinator.com",
            "ada@mailinator.com.example.com",
            "mailinator.com@example.com",
            "mailinator.com",
            "ada@",
            "",
            "ada@bücher.example",
            "ada@[192.0.2.1]",
        ] {
            assert!(!is_disposable(address), "{address}");
        }
        let long = format!("ada@{}mailinator.com", "a.".repeat(200));
        assert!(!is_disposable(&long));
    }

    #[test]
    fn an_internationalised_domain_is_looked_up_in_its_ascii_form() {
        for (domain, expected) in [
            ("Bücher.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("BU\u{308}CHER.example", "xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ] {
            assert_eq!(ascii(domain).as_deref(), Some(expected));
        }
    }
}
