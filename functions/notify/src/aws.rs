//! Calls of AWS services other than DynamoDB: three operations of SQS and SES, whose
//! requests are JSON. The signature is that of `aws-sigv4`, which the DynamoDB client
//! links anyway; clients of their own would add more than these lines, and SES's has
//! over a hundred operations.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::Credentials as Identity;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use outbound::{Bytes, Full, Method, Request, Reuse, Url, Wire, WireError, header};
use shared::domain::Timestamp;
use shared::host::environment::{VariableError, Variables};

use crate::hosts::{Hosts, Reached};

/// Answers of SQS and SES are short.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// They answer within milliseconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// The role's credentials. Debug output shows the region alone.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) region: String,
    identity: Identity,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Credentials({})", self.region)
    }
}

impl Credentials {
    pub(crate) fn read(variables: &Variables) -> Result<Self, VariableError> {
        let purpose = "Lambda sets it from the role";
        let region = variables.required("AWS_REGION", "the region of the queue")?;
        let key_id = variables.required("AWS_ACCESS_KEY_ID", purpose)?;
        let secret = variables.required("AWS_SECRET_ACCESS_KEY", purpose)?;
        let token = variables.optional("AWS_SESSION_TOKEN").map(str::to_string);
        Ok(Credentials {
            region: region.to_string(),
            identity: Identity::new(key_id, secret, token, None, "environment"),
        })
    }
}

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// The service refused it; it has no effect. The status and the error's name.
    #[error("{service} answered {status} {name}")]
    Refused {
        service: &'static str,
        status: u16,
        name: String,
    },
    /// There is no answer: it may have had its effect.
    #[error("{service} did not answer: {problem}")]
    Unclear {
        service: &'static str,
        problem: String,
    },
    /// It could not be built or signed.
    #[error("a request of {0} could not be signed")]
    Unsigned(&'static str),
}

impl CallError {
    /// Whether it had no effect and the same call may succeed later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            CallError::Refused { status, .. } => *status == 429 || *status >= 500,
            CallError::Unclear { .. } | CallError::Unsigned(_) => false,
        }
    }
}

/// A service at an address. Clones share its connection.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    name: &'static str,
    wire: Arc<Wire<Reached>>,
    credentials: Credentials,
}

impl Service {
    /// The service with this name in signatures. Nothing is connected yet.
    pub(crate) fn new(
        name: &'static str,
        (url, hosts): (&Url, &Arc<dyn Hosts>),
        reuse: Reuse,
        by: &Credentials,
    ) -> Self {
        let dial = Reached(hosts.clone());
        let wire = Wire::over(dial, url.endpoint.clone(), MAX_ANSWER_BYTES, reuse);
        Service {
            name,
            wire: Arc::new(wire),
            credentials: by.clone(),
        }
    }

    /// Posts a signed request. `target` names the operation where the path does not.
    pub(crate) async fn post(
        &self,
        path: &str,
        target: Option<&str>,
        body: String,
        now: Timestamp,
    ) -> Result<Vec<u8>, CallError> {
        let service = self.name;
        let request = self.signed(path, target, body, now);
        let request = request.ok_or(CallError::Unsigned(service))?;
        let unclear = |problem: &str| CallError::Unclear {
            service,
            problem: problem.to_string(),
        };
        let answer = match tokio::time::timeout(PATIENCE, self.wire.send(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(WireError::Broken(problem))) => return Err(unclear(&problem)),
            Ok(Err(WireError::TooLong)) => return Err(unclear("its answer is too long")),
            Err(_) => return Err(unclear("no answer in time")),
        };
        if answer.status == 200 {
            return Ok(answer.body);
        }
        let name = answer.header("x-amzn-errortype").unwrap_or_default();
        Err(CallError::Refused {
            service,
            status: answer.status,
            name: name.to_string(),
        })
    }

    fn signed(
        &self,
        path: &str,
        target: Option<&str>,
        body: String,
        now: Timestamp,
    ) -> Option<Request<Full<Bytes>>> {
        let endpoint = self.wire.endpoint();
        let host = endpoint.authority();
        let content_type = match target {
            Some(_) => "application/x-amz-json-1.0",
            None => "application/json",
        };
        let mut headers = vec![("host", host.as_str()), ("content-type", content_type)];
        headers.extend(target.map(|target| ("x-amz-target", target)));
        let scheme = if endpoint.is_tls() { "https" } else { "http" };
        let uri = format!("{scheme}://{host}{path}");
        let identity = self.credentials.identity.clone().into();
        let since_1970 = Duration::from_secs(u64::try_from(now.unix_seconds()).ok()?);
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.credentials.region)
            .name(self.name)
            .time(SystemTime::UNIX_EPOCH + since_1970)
            .settings(SigningSettings::default())
            .build()
            .ok()?;
        let signable = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", uri, headers.iter().copied(), signable);
        let (instructions, _) = sign(signable.ok()?, &params.into()).ok()?.into_parts();
        let mut request = Request::builder().method(Method::POST).uri(path);
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        for (name, value) in instructions.headers() {
            request = request.header(name, value);
        }
        request = request.header(header::USER_AGENT, "dedicated-credits");
        request.body(Full::new(Bytes::from(body))).ok()
    }
}
