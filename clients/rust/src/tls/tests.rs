//! Real connections to a server on loopback, whose certificate is the benchmark's: valid for 127.0.0.1, signed by a
//! root that nobody else trusts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::trusting;
use crate::{ErrorKind, FixedToken, Settings, UserClient};

const ROOT: &[u8] = include_bytes!("../../../../bench/src/engine/root.pem");
const LEAF: &[u8] = include_bytes!("../../../../bench/src/engine/leaf.pem");
const LEAF_KEY: &[u8] = include_bytes!("../../../../bench/src/engine/leaf-key.pem");
const TOKEN: &str = "the-token-of-a-user";

/// A server that answers every request over TLS with no models, and keeps what it heard.
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start() -> Self {
        let certificate = CertificateDer::from_pem_slice(LEAF).unwrap();
        let key = PrivateKeyDer::from_pem_slice(LEAF_KEY).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, hearing.clone()));
            }
        });
        Server { address, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, heard: Arc<Mutex<Vec<String>>>) {
    // A client that does not trust the certificate ends the handshake.
    let Ok(mut stream) = acceptor.accept(stream).await else {
        return;
    };
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    heard.lock().unwrap().push(request);
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\nconnection: close\r\n\r\n{\"models\":[]}";
    stream.write_all(answer.as_bytes()).await.unwrap();
    // The client may have closed by now.
    let _ = stream.shutdown().await;
}

fn client(base_url: &str, http: Option<reqwest::Client>) -> UserClient {
    let settings = Settings {
        deadline: Duration::from_secs(2),
        patience: Duration::from_secs(2),
        http,
        ..Settings::default()
    };
    UserClient::with(base_url, FixedToken::new(TOKEN), settings).unwrap()
}

fn trusting_the_root(builder: reqwest::ClientBuilder) -> reqwest::Client {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ROOT).unwrap())
        .unwrap();
    trusting(builder.no_proxy(), roots)
        .unwrap()
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_call_over_tls_is_heard_and_answered() {
    let server = Server::start().await;
    let url = format!("https://{}", server.address);
    let client = client(&url, Some(trusting_the_root(reqwest::Client::builder())));
    let answer = client.models().await.unwrap();
    assert_eq!(answer.value.models, []);
    let heard = server.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].starts_with("GET /v1/models HTTP/1.1\r\n"));
    assert!(heard[0].contains(TOKEN));
}

#[tokio::test]
async fn a_server_that_no_browser_trusts_is_refused_and_hears_no_token() {
    let server = Server::start().await;
    let url = format!("https://{}", server.address);
    let error = client(&url, None).models().await.unwrap_err();
    let ErrorKind::Network(network) = &error.kind else {
        panic!("{error:?}");
    };
    assert!(network.problem.contains("UnknownIssuer"), "{network:?}");
    assert!(server.heard().is_empty(), "{:?}", server.heard());
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let server = Server::start().await;
    let builder = reqwest::Client::builder().resolve("other.example", server.address);
    let http = trusting_the_root(builder);
    let url = format!("https://other.example:{}", server.address.port());
    let error = client(&url, Some(http)).models().await.unwrap_err();
    let ErrorKind::Network(network) = &error.kind else {
        panic!("{error:?}");
    };
    assert!(network.problem.contains("certificate"), "{network:?}");
    assert!(server.heard().is_empty(), "{:?}", server.heard());
}
