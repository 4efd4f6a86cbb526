//! Tables in another program that speaks DynamoDB's wire protocol, such as AWS's DynamoDB
//! Local, so that the same tests judge both engines.
//!
//! A request blocks its thread until it is answered. So nothing else happens meanwhile on
//! a runtime of one thread, and a paused clock stays paused, as with the embedded engine.

use std::fmt;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::operations::Answer;

/// The largest answer that is read; DynamoDB's have at most 16 MB.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Tables at an address on loopback. Clones share its connections.
#[derive(Clone)]
pub struct Elsewhere {
    address: SocketAddr,
    tenant: String,
    idle: Arc<Mutex<Vec<BufReader<TcpStream>>>>,
}

impl Elsewhere {
    /// Tables of `tenant`, letters and digits, who shares none with another: DynamoDB
    /// Local keeps those of each access key apart.
    pub fn new(address: SocketAddr, tenant: String) -> Self {
        Elsewhere {
            address,
            tenant,
            idle: Arc::default(),
        }
    }

    /// Sends one request and waits for its answer. Without one the answer is a 500.
    pub(super) fn run(&self, operation: &str, body: &Value) -> Answer {
        let answer = self.ask(operation, &body.to_string());
        answer.unwrap_or_else(|error| {
            let message = format!("{} does not answer: {error}", self.address);
            Answer::error(500, "InternalServerError", &message)
        })
    }

    fn ask(&self, operation: &str, body: &str) -> Result<Answer> {
        let mut connection = match self.lock().pop() {
            Some(idle) => idle,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        let request = self.request(operation, body);
        connection.get_mut().write_all(request.as_bytes())?;
        let (answer, stays_open) = read(&mut connection)?;
        if stays_open {
            self.lock().push(connection);
        }
        Ok(answer)
    }

    fn request(&self, operation: &str, body: &str) -> String {
        let service = match operation {
            "DescribeStream" | "GetShardIterator" | "GetRecords" => "DynamoDBStreams_20120810",
            _ => "DynamoDB_20120810",
        };
        let Elsewhere {
            address, tenant, ..
        } = self;
        // Nobody checks the signature; the access key names the tenant.
        format!(
            "POST / HTTP/1.1\r\nhost: {address}\r\nx-amz-target: {service}.{operation}\r\n\
             content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={tenant}/20250101/local/dynamodb/aws4_request, \
             SignedHeaders=host, Signature=0\r\n\r\n{body}",
            body.len()
        )
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<BufReader<TcpStream>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One answer, and whether the connection can be used again.
fn read(connection: &mut BufReader<TcpStream>) -> Result<(Answer, bool)> {
    let status = line(connection)?;
    let status = status.split(' ').nth(1).and_then(|it| it.parse().ok());
    let status = status.ok_or_else(|| bad("no status"))?;
    let (mut length, mut stays_open) = (None, true);
    loop {
        let line = line(connection)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| bad("no header"))?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse::<usize>().ok(),
            "connection" => stays_open = !value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let length = length.filter(|length| *length <= MAX_ANSWER);
    let mut body = vec![0; length.ok_or_else(|| bad("no length"))?];
    connection.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body)?;
    Ok((Answer { status, body }, stays_open))
}

fn line(connection: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    if connection.read_line(&mut line)? == 0 {
        return Err(Error::new(ErrorKind::UnexpectedEof, "it hung up"));
    }
    Ok(line.trim_end().to_owned())
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "tables of {} at {}", self.tenant, self.address)
    }
}
