//! The e-mails: one template per kind of notice, here and nowhere else.
//!
//! They say what happened and nothing about the person, not even a name: an address may
//! have changed hands.

use serde_json::Value;
use shared::domain::NoticeKind;

/// An e-mail without its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    /// Paragraphs of plain text.
    pub(crate) paragraphs: Vec<String>,
}

/// The letter about a notice; none for kinds that are not sent by e-mail. `payload` is
/// the message that endpoints get.
pub(crate) fn letter(kind: NoticeKind, payload: &Value) -> Option<Letter> {
    let data = payload.get("data").unwrap_or(&Value::Null);
    let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| data.get(name).and_then(Value::as_i64).unwrap_or_default();
    let credits = match text("creditType") {
        "free" => "free credits of this month",
        _ => "pro credits",
    };
    let (subject, said) = match kind {
        NoticeKind::CreditsLow => {
            let percent = number("percentUsed");
            let subject = format!("You have used {percent} % of your credits");
            (subject, format!("{percent} % of your {credits} are used."))
        }
        NoticeKind::CreditsExhausted => {
            let subject = "You have used all of your credits".to_string();
            (subject, format!("All of your {credits} are used."))
        }
        NoticeKind::CreditsGranted => {
            let amount = text("amount");
            let subject = format!("{amount} credits were added");
            (
                subject,
                format!("{amount} credits were added to your account."),
            )
        }
        NoticeKind::CreditsClawedBack => {
            let amount = text("amount");
            let said = format!(
                "{amount} credits were taken from your account, because a payment for them was \
                 returned or their time was credited."
            );
            (format!("{amount} credits were taken back"), said)
        }
        NoticeKind::SubscriptionChanged => {
            let said = "Your subscription has begun, renewed, changed or ended.".to_string();
            ("Your subscription has changed".to_string(), said)
        }
        NoticeKind::PaymentNeedsAttention => {
            let said = "A payment for your subscription did not arrive. Please check your means \
                        of payment, so that your credits stay usable.";
            let subject = "A payment needs your attention".to_string();
            (subject, said.to_string())
        }
        NoticeKind::CreditsReset | NoticeKind::HoldExpired => return None,
    };
    let left = format!("You can spend {} credits now.", number("totalAvailable"));
    Some(Letter {
        subject,
        paragraphs: vec![said, left],
    })
}

impl Letter {
    /// It as plain text; `unsubscribe` is the link that switches such e-mails off.
    pub(crate) fn text(&self, unsubscribe: &str) -> String {
        let mut text = self.paragraphs.join("\n\n");
        text.push_str(&format!(
            "\n\nTo get no more of these e-mails: {unsubscribe}\n"
        ));
        text
    }

    /// It as HTML, without images, styles or scripts.
    pub(crate) fn html(&self, unsubscribe: &str) -> String {
        let paragraphs = self.paragraphs.iter();
        let mut body: String = paragraphs
            .map(|text| format!("<p>{}</p>\n", escaped(text)))
            .collect();
        let link = escaped(unsubscribe);
        body.push_str(&format!(
            "<p><small><a href=\"{link}\">Get no more of these e-mails</a></small></p>\n"
        ));
        let title = escaped(&self.subject);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
             <title>{title}</title></head>\n<body>\n{body}</body>\n</html>\n"
        )
    }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use notices::is_mailed;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_that_is_mailed_has_a_letter_and_no_other() {
        let payload = json!({"data": {
            "creditType": "free", "percentUsed": 75, "amount": "12.5", "totalAvailable": 500,
        }});
        for kind in NoticeKind::ALL {
            let letter = letter(kind, &payload);
            assert_eq!(letter.is_some(), is_mailed(kind), "{kind}");
            if let Some(letter) = letter {
                assert!(
                    letter
                        .text("https://a.example/u")
                        .contains("You can spend 500 credits now.")
                );
                assert!(!letter.subject.contains('\n'));
            }
        }
        let low = letter(NoticeKind::CreditsLow, &payload).unwrap();
        assert_eq!(low.subject, "You have used 75 % of your credits");
    }

    #[test]
    fn text_cannot_become_markup() {
        let letter = Letter {
            subject: "<b>".to_string(),
            paragraphs: vec!["a & \"b\"".to_string()],
        };
        let html = letter.html("https://a.example/?x=1&y=<z>");
        assert!(html.contains("<title>&lt;b&gt;</title>"), "{html}");
        assert!(html.contains("<p>a &amp; &quot;b&quot;</p>"), "{html}");
        assert!(html.contains("x=1&amp;y=&lt;z&gt;"), "{html}");
    }
}
