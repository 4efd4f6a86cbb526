//! Handing e-mails to SES. Source: Amazon SES API v2 reference, `SendEmail`.

use std::sync::Arc;

use outbound::Reuse;
use serde_json::{Value, json};
use shared::domain::Timestamp;

use crate::aws::{CallError, Credentials, Service};
use crate::hosts::Hosts;
use crate::settings::MailSettings;
use crate::templates::Letter;

const PATH: &str = "/v2/email/outbound-emails";

/// SES.
#[derive(Clone, Debug)]
pub(crate) struct Mailer {
    service: Service,
    settings: MailSettings,
}

impl Mailer {
    pub(crate) fn new(
        settings: &MailSettings,
        hosts: &Arc<dyn Hosts>,
        credentials: &Credentials,
    ) -> Self {
        let at = (&settings.service, hosts);
        Mailer {
            // An e-mail is sent once, so a connection is never used again: one that was
            // closed meanwhile would make the outcome unclear.
            service: Service::new("ses", at, Reuse::Never, credentials),
            settings: settings.clone(),
        }
    }

    /// The URL at which users reach the API, without a slash at its end.
    pub(crate) fn public_url(&self) -> &str {
        &self.settings.public_url
    }

    /// Hands over a letter to one address; `unsubscribe` is the link that switches such
    /// letters off.
    pub(crate) async fn send(
        &self,
        address: &str,
        letter: &Letter,
        unsubscribe: &str,
        now: Timestamp,
    ) -> Result<(), CallError> {
        let request = self.request(address, letter, unsubscribe).to_string();
        let sent = self.service.post(PATH, None, request, now).await;
        sent.map(|_| ())
    }

    fn request(&self, address: &str, letter: &Letter, unsubscribe: &str) -> Value {
        let part = |text: String| json!({"Data": text, "Charset": "UTF-8"});
        // RFC 8058: one click, without signing in.
        let headers = [
            json!({"Name": "List-Unsubscribe", "Value": format!("<{unsubscribe}>")}),
            json!({"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"}),
        ];
        let mut request = json!({
            "FromEmailAddress": self.settings.from,
            "Destination": {"ToAddresses": [address]},
            "Content": {"Simple": {
                "Subject": part(letter.subject.clone()),
                "Body": {
                    "Text": part(letter.text(unsubscribe)),
                    "Html": part(letter.html(unsubscribe)),
                },
                "Headers": headers,
            }},
        });
        if let (Some(set), Some(fields)) =
            (&self.settings.configuration_set, request.as_object_mut())
        {
            fields.insert("ConfigurationSetName".to_string(), json!(set));
        }
        request
    }
}
