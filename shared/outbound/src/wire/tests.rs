//! TLS: built with the first connection, and trusting nobody else's certificates. What
//! an answer may be is held by the callers, over plain HTTP.

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

#[test]
fn tls_is_built_from_the_roots_that_browsers_trust() {
    assert!(webpki_roots::TLS_SERVER_ROOTS.len() > 100);
    let wire = Wire::new(Endpoint::https("api.stripe.com"), 1, Reuse::Kept);
    assert!(wire.tls.get().is_none(), "it costs a start nothing");
    assert!(wire.tls().is_ok() && wire.tls().is_ok());
}

/// A server whose certificate is its own; the port.
async fn untrusted_server() -> u16 {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("untrusted.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("untrusted-key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            let read = stream.read(&mut [0; 1]).await;
            panic!("the client trusts it and said {read:?}");
        }
    });
    port
}

#[tokio::test]
async fn a_server_that_no_trusted_root_vouches_for_is_told_nothing() {
    let endpoint = Endpoint {
        host: "127.0.0.1".to_string(),
        port: untrusted_server().await,
        tls: true,
    };
    let wire = Wire::new(endpoint, 1_000, Reuse::Never);
    let Err(WireError::Broken(problem)) = wire.connect().await else {
        panic!("it is trusted");
    };
    assert!(problem.contains("invalid peer certificate"), "{problem}");
}
