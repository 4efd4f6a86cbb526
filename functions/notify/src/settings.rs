//! The function's settings, read once.

use outbound::Url;
use shared::host::environment::{VariableError, Variables};

use crate::aws::Credentials;

/// The settings.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) queue: Url,
    pub(crate) mail: Option<MailSettings>,
    pub(crate) credentials: Credentials,
}

/// What sending e-mails takes.
#[derive(Clone, Debug)]
pub(crate) struct MailSettings {
    /// SES.
    pub(crate) service: Url,
    /// The URL at which users reach the API, without a slash at its end.
    pub(crate) public_url: String,
    /// The sender's address.
    pub(crate) from: String,
    /// The configuration set that reports bounces, if there is one.
    pub(crate) configuration_set: Option<String>,
}

impl Settings {
    /// Reads `QUEUE_URL`, `MAIL_FROM` (empty: no e-mails), `PUBLIC_URL` (required with
    /// it), `MAIL_CONFIGURATION_SET`,
    /// `AWS_ENDPOINT_URL_SESV2`, `AWS_REGION` and the role's credentials.
    ///
    /// # Errors
    ///
    /// The variable that is missing or invalid.
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let credentials = Credentials::read(variables)?;
        let queue = variables.required("QUEUE_URL", "the queue of deliveries")?;
        let from = variables.optional("MAIL_FROM");
        let default = format!("https://email.{}.amazonaws.com", credentials.region);
        let service = variables.optional("AWS_ENDPOINT_URL_SESV2");
        let service = url("AWS_ENDPOINT_URL_SESV2", service.unwrap_or(&default))?;
        let set = variables.optional("MAIL_CONFIGURATION_SET");
        let mail = match from {
            None => None,
            Some(from) => {
                let purpose = "the API's URL, for the links in e-mails";
                let public = variables.required("PUBLIC_URL", purpose)?;
                url("PUBLIC_URL", public)?;
                Some(MailSettings {
                    service,
                    public_url: public.trim_end_matches('/').to_string(),
                    from: from.to_string(),
                    configuration_set: set.map(str::to_string),
                })
            }
        };
        Ok(Settings {
            queue: url("QUEUE_URL", queue)?,
            mail,
            credentials,
        })
    }
}

fn url(name: &'static str, text: &str) -> Result<Url, VariableError> {
    text.parse().map_err(|error| VariableError::Unusable {
        name,
        problem: format!("{error}, not {text:?}"),
    })
}
