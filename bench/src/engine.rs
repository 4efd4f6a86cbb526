//! DynamoDB for measured programs: the embedded engine, seeded, behind TLS on
//! loopback, as on AWS.
//!
//! Plain HTTP would hide the most expensive part of a cold start, the TLS
//! handshake. The certificate in `engine/` is valid for 127.0.0.1 and used only
//! here; the key of its root was discarded.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use local::World;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::gateway;

type Failure = Box<dyn std::error::Error>;

/// A seeded world whose tables are served.
pub(crate) struct Engine {
    pub(crate) world: World,
    plain: SocketAddr,
    tls: SocketAddr,
}

impl Engine {
    /// Starts it in memory.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let world = World::create(&gateway::options(), "http://127.0.0.1:1".to_string()).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let plain = listener.local_addr()?;
        let database = embedded(&world)?.clone();
        tokio::spawn(async move {
            let ended = local::dynamodb::serve(listener, database, std::future::pending()).await;
            if let Err(error) = ended {
                eprintln!("bench: {error}");
            }
        });
        let tls = front(plain, Duration::ZERO).await?;
        Ok(Engine { world, plain, tls })
    }

    /// The environment that a function needs to reach it.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        variables(self.tls)
    }

    /// Switches the stream of the entries off. For every new record of a stream the
    /// embedded engine looks at all that are there, which DynamoDB does not: thousands of
    /// charges of one account would measure that.
    pub(crate) fn without_stream(&self) -> Result<(), Failure> {
        let off = json!({"TableName": "credits", "StreamSpecification": {"StreamEnabled": false}});
        embedded(&self.world)?.update_table(serde_json::from_value(off)?)?;
        Ok(())
    }

    /// The same with this much extra time per round trip.
    pub(crate) async fn variables_with_delay(
        &self,
        delay: Duration,
    ) -> Result<Vec<(String, String)>, Failure> {
        Ok(variables(front(self.plain, delay).await?))
    }
}

/// The database in this process.
pub(crate) fn embedded(world: &World) -> Result<&Database, Failure> {
    let database = world.dynamodb.database();
    Ok(database.ok_or("the tables are not in this process")?)
}

/// The root to trust, as a file.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/root.pem"))
}

fn variables(tls: SocketAddr) -> Vec<(String, String)> {
    let root = root().display().to_string();
    [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        ("AWS_SESSION_TOKEN", "bench"),
        ("AWS_ENDPOINT_URL_DYNAMODB", &format!("https://{tls}")),
        ("AWS_CA_BUNDLE", &root),
        ("NODE_EXTRA_CA_CERTS", &root),
        ("USERS_TABLE", "users"),
        ("CREDITS_TABLE", "credits"),
        ("BILLING_TABLE", "billing"),
        ("NOTICES_TABLE", "notices"),
        // Nobody is there: only what the tables answer is measured.
        ("QUEUE_URL", "http://127.0.0.1:1/queue"),
        ("TOKEN_ISSUER", "http://127.0.0.1:1"),
        ("TOKEN_ENDPOINT", "http://127.0.0.1:1/token"),
        ("JWKS_URI", "http://127.0.0.1:1/keys"),
        ("TOKEN_AUDIENCES", "textassistant-desktop"),
        ("STRIPE_LIVEMODE", "false"),
        ("STRIPE_WEBHOOK_SECRETS", local::STRIPE_WEBHOOK_SECRET),
        ("RATE_LIMIT_CREDITS_PER_MINUTE", "0"),
        ("RATE_LIMIT_PROFILE_PER_MINUTE", "0"),
    ]
    .iter()
    .map(|(name, value)| (name.to_string(), value.to_string()))
    .collect()
}

/// Terminates TLS and forwards everything to `inner`; delays its answers by
/// `delay`.
async fn front(inner: SocketAddr, delay: Duration) -> Result<SocketAddr, Failure> {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("engine/leaf.pem"))?;
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("engine/leaf-key.pem"))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that disconnects is not an error.
                let _ = hand_on(acceptor, stream, inner, delay).await;
            });
        }
    });
    Ok(address)
}

async fn hand_on(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    inner: SocketAddr,
    delay: Duration,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut outside, mut inside) =
        tokio::try_join!(acceptor.accept(stream), TcpStream::connect(inner))?;
    inside.set_nodelay(true)?;
    if delay.is_zero() {
        tokio::io::copy_bidirectional(&mut outside, &mut inside).await?;
        return Ok(());
    }
    let (mut from_client, mut to_client) = tokio::io::split(outside);
    let (mut from_engine, mut to_engine) = inside.split();
    tokio::select! {
        ended = copy(&mut from_client, &mut to_engine, Duration::ZERO) => ended,
        ended = copy(&mut from_engine, &mut to_client, delay) => ended,
    }
}

async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    delay: Duration,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        tokio::time::sleep(delay).await;
        to.write_all(buffer.get(..length).unwrap_or_default())
            .await?;
        to.flush().await?;
    }
}
