//! HTTPS: rustls with ring, and the roots that browsers trust, behind the feature `tls`. Without it an HTTP client of
//! the caller's own is needed.

use crate::error::{Error, ErrorKind};

#[cfg(not(feature = "tls"))]
pub(crate) fn with_tls(_builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    Err(ErrorKind::Settings(
        "https needs the cargo feature `tls`, or an HTTP client of your own in Settings::http"
            .into(),
    )
    .into())
}

#[cfg(feature = "tls")]
pub(crate) fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    use tokio_rustls::rustls::RootCertStore;

    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    trusting(builder, roots)
}

#[cfg(feature = "tls")]
fn trusting(
    builder: reqwest::ClientBuilder,
    roots: tokio_rustls::rustls::RootCertStore,
) -> Result<reqwest::ClientBuilder, Error> {
    use std::sync::Arc;

    use tokio_rustls::rustls::ClientConfig;
    use tokio_rustls::rustls::crypto::ring::default_provider;

    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::from(ErrorKind::Settings(error.to_string())))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}

#[cfg(test)]
#[cfg(feature = "tls")]
mod tests;
