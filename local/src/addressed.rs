//! Refuses requests that were sent to a public name. Such a name can be made to lead to
//! this machine, and the pages under it would then count as the world's own (DNS
//! rebinding). An address or a name that only leads here cannot be taken by anybody.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const REFUSED: &str =
    "This world answers to 127.0.0.1, localhost and names under .internal, and to no other name.\n";

/// Passes a request on if its `Host` is one of this machine's.
pub(crate) async fn to_this_machine(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST);
    let is_ours = match host {
        // Only what is no browser leaves it out.
        None => true,
        Some(host) => host.to_str().is_ok_and(is_ours),
    };
    if is_ours {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, REFUSED).into_response()
    }
}

/// Whether a host, with or without a port, is an address or a name that no public name
/// server answers for. Sources: RFC 6761 (localhost); ICANN's resolution of July 2024
/// (internal), which is how containers name their host.
fn is_ours(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    last == "localhost" || (last == "internal" && name != "internal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_of_this_machine_are_ours_and_public_names_are_not() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8787",
            "10.0.2.2:8787",
            "[::1]:8787",
            "[::1]",
            "localhost",
            "LOCALHOST:1",
            "api.localhost:8787",
            "host.docker.internal:8787",
        ] {
            assert!(is_ours(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8787",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8787",
            "evil.example:127.0.0.1",
            "notlocalhost",
            "",
            ":8787",
        ] {
            assert!(!is_ours(host), "{host}");
        }
    }
}
