//! What SES reports of e-mails: addresses that do not exist, and people who call one of
//! ours junk, get no more. Source: Amazon SES developer guide, "Examples of event data".

use serde::Deserialize;
use shared::store::StoreError;

use crate::app::App;
use crate::tally::Counted;
use crate::trigger::Published;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(default)]
    bounce: Option<Bounce>,
    #[serde(default)]
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    bounced_recipients: Vec<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complained_recipients: Vec<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    email_address: String,
}

impl Report {
    /// A full mailbox or a server that is away passes; an address that is unknown stays.
    fn addresses(self) -> Vec<Address> {
        let bounced = self.bounce.filter(|it| it.bounce_type == "Permanent");
        let bounced = bounced.map(|it| it.bounced_recipients);
        let complained = self.complaint.map(|it| it.complained_recipients);
        bounced.into_iter().chain(complained).flatten().collect()
    }
}

impl App {
    pub(crate) async fn take_bounces(&self, published: Vec<Published>) {
        for Published { sns } in published {
            let Ok(report) = serde_json::from_str::<Report>(&sns.message) else {
                self.tally.one(Counted::UnreadableRecords);
                self.trouble("a report of SES cannot be read", "it has another form");
                continue;
            };
            for Address { email_address } in report.addresses() {
                let noted: Result<(), StoreError> =
                    self.store.suppress(&email_address, self.clock.now()).await;
                if let Err(error) = noted {
                    self.trouble("an address could not be noted", &error.to_string());
                }
            }
        }
    }
}
