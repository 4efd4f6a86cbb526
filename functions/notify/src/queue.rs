//! The queue of deliveries. A message names a delivery and nothing else; it stays in the
//! queue until the delivery is done.

use std::sync::Arc;

use outbound::{Reuse, Url};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::domain::{Delivery, Timestamp};
use shared::store::delivery_key;

use crate::aws::{CallError, Credentials, Service};
use crate::hosts::Hosts;

/// SQS hides a message for at most twelve hours.
const MAX_PAUSE_SECONDS: i64 = 43_200;

/// The body of a message: the key of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Ticket {
    pub(crate) fn of(delivery: &Delivery) -> Self {
        let (pk, sk) = delivery_key(delivery);
        Ticket { pk, sk }
    }
}

/// The queue.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    service: Service,
    url: String,
}

impl Queue {
    pub(crate) fn at(url: &Url, hosts: &Arc<dyn Hosts>, credentials: &Credentials) -> Self {
        let endpoint = &url.endpoint;
        let scheme = if endpoint.is_tls() { "https" } else { "http" };
        Queue {
            // A repeated message does no harm, so connections are kept.
            service: Service::new("sqs", (url, hosts), Reuse::Kept, credentials),
            url: format!("{scheme}://{}{}", endpoint.authority(), url.path),
        }
    }

    /// Hands over a delivery.
    pub(crate) async fn send(&self, ticket: &Ticket, now: Timestamp) -> Result<(), CallError> {
        let body = json!(ticket).to_string();
        let request = json!({"QueueUrl": self.url, "MessageBody": body});
        self.call("AmazonSQS.SendMessage", request, now).await
    }

    /// Hides a message for some seconds, from now.
    pub(crate) async fn hide(
        &self,
        receipt_handle: &str,
        seconds: i64,
        now: Timestamp,
    ) -> Result<(), CallError> {
        let request = json!({
            "QueueUrl": self.url,
            "ReceiptHandle": receipt_handle,
            "VisibilityTimeout": seconds.clamp(0, MAX_PAUSE_SECONDS),
        });
        let target = "AmazonSQS.ChangeMessageVisibility";
        self.call(target, request, now).await
    }

    async fn call(
        &self,
        target: &str,
        request: serde_json::Value,
        now: Timestamp,
    ) -> Result<(), CallError> {
        let body = request.to_string();
        let answer = self.service.post("/", Some(target), body, now).await;
        answer.map(|_| ())
    }
}
