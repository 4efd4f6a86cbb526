//! Sending to an endpoint: one POST of at most five seconds, to an address that was
//! checked, without redirects. What the receiver says is not read beyond its status.

use std::time::Duration;

use outbound::{Bytes, Full, Method, Request, Url, Wire, WireError, header, resolve};
use shared::domain::{Attempt, Delivery, DeliveryOutcome, Endpoint, EndpointId, Timestamp};
use shared::store::StoreError;

use crate::app::App;
use crate::courier::Next;
use crate::hosts::Reached;
use crate::tally::Counted;

/// How long a receiver may take, from the look-up of its name on.
const PATIENCE: Duration = Duration::from_secs(5);

impl App {
    pub(crate) async fn to_endpoint(
        &self,
        id: &EndpointId,
        delivery: &mut Delivery,
        now: Timestamp,
    ) -> Result<Next, StoreError> {
        let found = self.endpoints.load(&self.store, id, now).await?;
        let Some(mut endpoint) = found else {
            delivery.problem = Some("the endpoint is gone".to_string());
            return self.conclude(delivery, DeliveryOutcome::Failed, now).await;
        };
        if !endpoint.is_enabled() {
            return self
                .conclude(delivery, DeliveryOutcome::Withheld, now)
                .await;
        }
        let attempt = self.post(&endpoint, delivery, now).await;
        let succeeded = attempt.succeeded;
        // The receiver may have taken its time.
        let now = self.clock.now();
        let pause = delivery.note(attempt, now);
        let next = pause.map_or(Next::Done, Next::After);
        let next = self.save(delivery, next).await?;
        self.tally.one(match (succeeded, pause) {
            (true, _) => Counted::Delivered,
            (false, Some(_)) => Counted::AttemptsFailed,
            (false, None) => Counted::DeliveriesFailed,
        });
        self.note_health(&mut endpoint, succeeded, now).await?;
        Ok(next)
    }

    /// Whether the endpoint works; one that has failed for a day is disabled. If others
    /// note something at the same time, one of them is enough.
    async fn note_health(
        &self,
        endpoint: &mut Endpoint,
        succeeded: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = if succeeded {
            endpoint.succeeded()
        } else {
            endpoint.failed(now)
        };
        if !changed {
            return Ok(());
        }
        let saved = self.store.save_endpoint(endpoint).await;
        self.endpoints.forget(&endpoint.endpoint_id).await;
        if saved? && !endpoint.is_enabled() {
            self.tally.one(Counted::EndpointsDisabled);
            let id = endpoint.endpoint_id.as_str();
            self.trouble("an endpoint has failed for a day and is disabled", id);
        }
        Ok(())
    }

    async fn post(&self, endpoint: &Endpoint, delivery: &Delivery, now: Timestamp) -> Attempt {
        match tokio::time::timeout(PATIENCE, self.try_post(endpoint, delivery, now)).await {
            Ok(Ok(status)) => Attempt {
                succeeded: (200..300).contains(&status),
                status: Some(status),
                problem: None,
            },
            Ok(Err(problem)) => failed(problem),
            Err(_) => failed("no answer within 5 seconds".to_string()),
        }
    }

    /// The status of the answer, or why there is none.
    async fn try_post(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<u16, String> {
        let url: Result<Url, _> = endpoint.url.expose().parse();
        let url = url.map_err(|error| format!("its address {error}"))?;
        let allowed = |address| self.hosts.allow(&url, address);
        let address = match resolve(&url.endpoint, allowed).await {
            Ok(Some(address)) => address,
            Ok(None) => return Err("its name leads to no public address".to_string()),
            Err(_) => return Err("its name is not known".to_string()),
        };
        let request = signed(&url, endpoint, delivery, now)?;
        let wire = Wire::pinned(Reached(self.hosts.clone()), url.endpoint.clone(), address);
        match wire.status(request).await {
            Ok(status) => Ok(status),
            Err(WireError::Broken(problem)) => Err(problem),
            Err(WireError::TooLong) => Err("its answer is too long".to_string()),
        }
    }
}

fn failed(problem: String) -> Attempt {
    Attempt {
        succeeded: false,
        status: None,
        problem: Some(problem),
    }
}

fn signed(
    url: &Url,
    endpoint: &Endpoint,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<Request<Full<Bytes>>, String> {
    let id = format!("msg_{}", delivery.notice_id);
    let (timestamp, body) = (now.unix_seconds(), delivery.payload.expose());
    let signature = notices::sign(endpoint.signing(now), &id, timestamp, body);
    let signature = signature.map_err(|error| error.to_string())?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(&url.path)
        .header(header::HOST, url.endpoint.authority())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "dedicated-credits")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature)
        .body(Full::new(Bytes::from(body.clone())));
    request.map_err(|error| error.to_string())
}
