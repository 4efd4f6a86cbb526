//! Serves the tables over the DynamoDB wire protocol, for the AWS CLI and other
//! languages. There is no authentication, so it serves loopback only.

use dynoxide::Database;
use std::future::Future;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Why the tables are not served.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Other machines could reach the tables.
    #[error("the tables cannot be served on {0}: bind 127.0.0.1 or [::1], there is no password")]
    NotLoopback(SocketAddr),
    /// The listener or the server failed.
    #[error("the tables cannot be served ({0}): try another port")]
    Failed(String),
}

/// Serves `database` on `listener` until `shutdown` resolves.
pub async fn serve(
    listener: TcpListener,
    database: Database,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), WireError> {
    let address = listener
        .local_addr()
        .map_err(|error| WireError::Failed(error.to_string()))?;
    if !address.ip().is_loopback() {
        return Err(WireError::NotLoopback(address));
    }
    dynoxide::server::serve_with_shutdown(listener, database, shutdown)
        .await
        .map_err(WireError::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn only_loopback_is_served() {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let database = super::super::open(None).unwrap();
        let refused = serve(listener, database, async {}).await.unwrap_err();
        assert!(matches!(refused, WireError::NotLoopback(_)), "{refused}");
    }

    #[tokio::test]
    async fn a_client_of_the_wire_protocol_sees_the_tables() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let database = super::super::open(None).unwrap();
        let server = tokio::spawn(serve(listener, database, async {
            let _ = stopped.await;
        }));
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = "POST / HTTP/1.1\r\nhost: local\r\nconnection: close\r\n\
            content-type: application/x-amz-json-1.0\r\nx-amz-date: 20250101T000000Z\r\n\
            authorization: AWS4-HMAC-SHA256 Credential=local/20250101/local/dynamodb/aws4_request, \
            SignedHeaders=host, Signature=0\r\n\
            x-amz-target: DynamoDB_20120810.ListTables\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains(r#"{"TableNames":[]"#), "{answer}");
        drop(stop);
        server.await.unwrap().unwrap();
    }
}
