//! The Rust peer: reading and charging credits as a Lambda function is written
//! in tutorials. Default features and default profile everywhere, the client
//! built in `main`. API Gateway has verified the token before this is called.

mod balance;
mod charge;
mod table;

use aws_config::BehaviorVersion;
use lambda_http::http::{Method, StatusCode};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Error, Request, RequestExt, Response, run, service_fn, tracing};
use serde_json::{Value, json};

use balance::Balance;
use table::Table;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let table = Table {
        client: aws_sdk_dynamodb::Client::new(&config),
        name: std::env::var("CREDITS_TABLE")?,
    };
    run(service_fn(|request| handle(&table, request))).await
}

async fn handle(table: &Table, request: Request) -> Result<Response<Body>, Error> {
    let parameters = request.path_parameters();
    let user_in_path = parameters.first("userId");
    match (request.method(), request.uri().path(), user_in_path) {
        (&Method::GET, "/api/user/credits", _) => get_credits(table, &request).await,
        (&Method::POST, _, Some(user)) => charge::post_charge(table, user, &request).await,
        _ => answer(StatusCode::NOT_FOUND, json!({ "error": "not_found" })),
    }
}

async fn get_credits(table: &Table, request: &Request) -> Result<Response<Body>, Error> {
    let Some(user) = subject(request) else {
        return answer(StatusCode::UNAUTHORIZED, json!({ "error": "unauthorized" }));
    };
    match table.read(&user, "BALANCE", false).await? {
        Some(item) => answer(StatusCode::OK, Balance::from_item(&item)?.body()?),
        None => answer(StatusCode::NOT_FOUND, json!({ "error": "not_found" })),
    }
}

/// The user of the token.
fn subject(request: &Request) -> Option<String> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else {
        return None;
    };
    let token = context.authorizer.as_ref()?.jwt.as_ref()?;
    token.claims.get("sub").cloned()
}

fn answer(status: StatusCode, body: Value) -> Result<Response<Body>, Error> {
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))?;
    Ok(response)
}
