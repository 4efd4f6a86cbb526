//! A minimal HTTP client.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// GET, or POST of a body under an idempotency key.
pub(super) fn send(
    base_url: &str,
    path: &str,
    token: &str,
    sent: Option<(&str, &str)>,
) -> (u16, Value) {
    let host = base_url.strip_prefix("http://").unwrap();
    let (method, extra, body) = match sent {
        None => ("GET", String::new(), ""),
        Some((key, body)) => {
            let length = body.len();
            let extra = format!(
                "idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
            );
            ("POST", extra, body)
        }
    };
    let request = format!(
        "{method} {path} HTTP/1.0\r\nhost: {host}\r\nauthorization: {token}\r\n{extra}\r\n{body}"
    );
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}
