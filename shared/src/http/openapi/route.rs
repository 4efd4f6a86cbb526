//! The description of one route, built up call by call; statuses that several errors
//! share, and those that the gateway answers by itself, become one response each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::gateway::{GATEWAY_ERROR, GatewayAnswer};
use super::headers::{self, Header};
use super::text::{IdempotencyKeyText, UserIdText};
use crate::http::error_code::ErrorCode;

/// Schemas by their names.
pub type Schemas = BTreeMap<String, Value>;

/// A route that is described.
#[derive(Clone, Debug)]
pub struct Described {
    /// API Gateway's route key, for example `GET /api/user/credits`.
    pub key: String,
    /// The operation object of OpenAPI.
    pub operation: Value,
    /// The schemas that it refers to.
    pub schemas: Schemas,
}

/// The security scheme of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Security {
    User,
    Service,
    Either,
    Open,
}

/// A description under construction.
#[derive(Clone, Debug)]
pub struct Route {
    key: &'static str,
    operation: Map<String, Value>,
    parameters: Vec<Value>,
    responses: BTreeMap<u16, Value>,
    failures: BTreeSet<ErrorCode>,
    security: Security,
    schemas: Schemas,
}

impl Route {
    /// A route that a user's token opens if it has all `scopes`.
    pub fn of_user(key: &'static str, id: &str, summary: &str, scopes: &[&str]) -> Self {
        Self::new(key, id, summary, Security::User, scopes)
    }

    /// A route that a service's token opens if it has all `scopes`.
    pub fn of_service(key: &'static str, id: &str, summary: &str, scopes: &[&str]) -> Self {
        Self::new(key, id, summary, Security::Service, scopes)
    }

    /// A route that a user's token opens if it has all of `of_user`, and a service's if
    /// it has all of `of_service`.
    pub fn of_either(
        key: &'static str,
        id: &str,
        summary: &str,
        of_user: &[&str],
        of_service: &[&str],
    ) -> Self {
        let mut route = Self::new(key, id, summary, Security::Either, &[]);
        let needed = json!([{"user": of_user}, {"service": of_service}]);
        route.operation.insert("security".into(), needed);
        route
    }

    /// A route without a token.
    pub fn open(key: &'static str, id: &str, summary: &str) -> Self {
        Self::new(key, id, summary, Security::Open, &[])
    }

    fn new(
        key: &'static str,
        id: &str,
        summary: &str,
        security: Security,
        scopes: &[&str],
    ) -> Self {
        let mut operation = Map::new();
        operation.insert("operationId".into(), json!(id));
        operation.insert("summary".into(), json!(summary));
        let (tag, needed) = match security {
            Security::User => ("user", json!([{"user": scopes}])),
            Security::Service => ("service", json!([{"service": scopes}])),
            Security::Either => ("user", json!([])),
            Security::Open => ("open", json!([])),
        };
        operation.insert("tags".into(), json!([tag]));
        operation.insert("security".into(), needed);
        let mut route = Route {
            key,
            operation,
            parameters: Vec::new(),
            responses: BTreeMap::new(),
            failures: [ErrorCode::Internal, ErrorCode::TryAgain].into(),
            security,
            schemas: Schemas::new(),
        };
        if security != Security::Open {
            let token = [ErrorCode::Unauthorized, ErrorCode::InsufficientScope];
            route.failures.extend(token);
        }
        for name in key.split('/').filter_map(parameter_name) {
            let (schema, text) = match name {
                "userId" => (route.named::<UserIdText>(), "The user."),
                _ => (
                    route.named::<IdempotencyKeyText>(),
                    "The hold: the key of the request that opened it.",
                ),
            };
            route.parameters.push(json!({
                "name": name, "in": "path", "required": true, "description": text, "schema": schema,
            }));
            route.failures.insert(ErrorCode::NotFound);
        }
        route
    }

    /// What a caller should know beyond the summary, in Markdown.
    #[must_use]
    pub fn text(mut self, description: &str) -> Self {
        self.operation
            .insert("description".into(), json!(description));
        self
    }

    /// An optional parameter of the query; its problems are named by `validation_failed`.
    #[must_use]
    pub fn query(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "query", "description": description, "schema": schema,
        }));
        self.failing(&[ErrorCode::ValidationFailed])
    }

    /// A parameter of the query that must be there.
    #[must_use]
    pub fn needs(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "query", "required": true, "description": description,
            "schema": schema,
        }));
        self
    }

    /// A header that a request must have.
    #[must_use]
    pub fn header(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "header", "required": true, "description": description,
            "schema": schema,
        }));
        self
    }

    /// A JSON body and its errors; `is_required` says whether it may be missing.
    #[must_use]
    pub fn body(self, name: &str, schema: Value, is_required: bool) -> Self {
        self.body_as("application/json", name, schema, is_required)
            .failing(&[ErrorCode::InvalidRequest, ErrorCode::TooLarge])
    }

    /// A body of another media type, whose errors the route names by itself.
    #[must_use]
    pub fn body_as(mut self, media: &str, name: &str, schema: Value, is_required: bool) -> Self {
        self.schemas.insert(name.to_string(), schema);
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        let body = json!({"required": is_required, "content": {media: {"schema": schema}}});
        self.operation.insert("requestBody".into(), body);
        self
    }

    /// A schema that the body refers to.
    #[must_use]
    pub fn schema(mut self, name: &str, schema: Value) -> Self {
        self.schemas.insert(name.to_string(), schema);
        self
    }

    /// A write that is done once under its key.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.named::<IdempotencyKeyText>();
        self.parameters.push(headers::idempotency_key());
        self.failing(&[ErrorCode::InvalidRequest, ErrorCode::IdempotencyKeyReused])
    }

    /// An answer with a JSON body.
    #[must_use]
    pub fn answers<T: ToSchema>(mut self, status: u16, text: &str, with: &[Header]) -> Self {
        let schema = self.named::<T>();
        let content = json!({"application/json": {"schema": schema}});
        let headers: Map<String, Value> = with.iter().map(|header| header.entry()).collect();
        let response = json!({"description": text, "headers": headers, "content": content});
        self.responses.insert(status, response);
        self
    }

    /// A page for a browser.
    #[must_use]
    pub fn shows(mut self, text: &str, with: &[Header]) -> Self {
        let content = json!({"text/html": {"schema": {"type": "string"}}});
        let headers: Map<String, Value> = with.iter().map(|header| header.entry()).collect();
        let response = json!({"description": text, "headers": headers, "content": content});
        self.responses.insert(200, response);
        self
    }

    /// An answer whose schema is written by hand.
    #[must_use]
    pub fn answers_as(mut self, name: &str, schema: Value, text: &str, with: &[Header]) -> Self {
        self.schemas.insert(name.to_string(), schema);
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        let content = json!({"application/json": {"schema": schema}});
        let headers: Map<String, Value> = with.iter().map(|header| header.entry()).collect();
        let response = json!({"description": text, "headers": headers, "content": content});
        self.responses.insert(200, response);
        self
    }

    /// An answer that the caller may keep and ask for again with its tag.
    #[must_use]
    pub fn cached<T: ToSchema>(mut self, text: &str, with: &[Header]) -> Self {
        let caching = [Header::CacheControl, Header::ETag, Header::Vary];
        let all: Vec<Header> = caching.into_iter().chain(with.iter().copied()).collect();
        self.parameters.push(headers::if_none_match());
        let headers: Map<String, Value> = all.iter().map(|header| header.entry()).collect();
        let unchanged = json!({
            "description": "What the caller holds is still right; there is no body.",
            "headers": headers,
        });
        self.responses.insert(304, unchanged);
        self.answers::<T>(200, text, &all)
    }

    /// Where to go on from an answer: an operation and its parameters.
    #[must_use]
    pub fn link(mut self, status: u16, operation: &str, parameters: Value) -> Self {
        if let Some(Value::Object(response)) = self.responses.get_mut(&status) {
            let links = response.entry("links").or_insert_with(|| json!({}));
            if let Value::Object(links) = links {
                let link = json!({"operationId": operation, "parameters": parameters});
                links.insert(operation.to_string(), link);
            }
        }
        self
    }

    /// Further errors.
    #[must_use]
    pub fn failing(mut self, failures: &[ErrorCode]) -> Self {
        self.failures.extend(failures);
        self
    }

    /// Takes back errors that the route answers in a form of its own: name those with
    /// [`Route::answers`].
    #[must_use]
    pub fn without(mut self, failures: &[ErrorCode]) -> Self {
        self.failures.retain(|failure| !failures.contains(failure));
        self
    }

    /// A named schema of a type, for a query or a header.
    pub fn named<T: ToSchema>(&mut self) -> Value {
        let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut found);
        let name = T::name().into_owned();
        found.push((name.clone(), T::schema()));
        for (name, schema) in found {
            let schema = serde_json::to_value(schema).unwrap_or_default();
            self.schemas.insert(name, schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// The finished description.
    pub fn finish(mut self) -> Described {
        let gateway = self.gateway_answers();
        let mut statuses: BTreeSet<u16> = self.failures.iter().map(|it| it.status()).collect();
        statuses.extend(gateway.iter().map(|answer| answer.parts().0));
        for status in statuses {
            let failures = self.failures.iter().copied();
            let failures: Vec<ErrorCode> = failures.filter(|it| it.status() == status).collect();
            let gateway = gateway.iter().find(|answer| answer.parts().0 == status);
            let own = self.responses.remove(&status);
            let response = failed(own, &failures, gateway.copied());
            self.responses.insert(status, response);
        }
        for failure in &self.failures {
            let schema = failure.schema();
            self.schemas.insert(failure.schema_name(), schema);
        }
        self.schemas
            .insert(GATEWAY_ERROR.into(), GatewayAnswer::schema());
        if self.failures.iter().any(|failure| {
            matches!(
                failure,
                ErrorCode::InsufficientCredits | ErrorCode::SubscriptionExpired
            )
        }) {
            self.named::<super::text::Amount>();
        }
        let responses = self.responses.into_iter();
        let responses: Map<String, Value> = responses
            .map(|(status, response)| (status.to_string(), response))
            .collect();
        if !self.parameters.is_empty() {
            self.operation
                .insert("parameters".into(), json!(self.parameters));
        }
        self.operation.insert("responses".into(), json!(responses));
        Described {
            key: self.key.to_string(),
            operation: Value::Object(self.operation),
            schemas: self.schemas,
        }
    }

    fn gateway_answers(&self) -> Vec<GatewayAnswer> {
        let has_path_parameters = self.key.contains('{');
        let has_body = self.operation.contains_key("requestBody");
        let has_token = self.security != Security::Open;
        let may_be = |answer: &GatewayAnswer| match answer {
            GatewayAnswer::BadRequest | GatewayAnswer::NotFound => has_path_parameters,
            GatewayAnswer::Unauthorized | GatewayAnswer::Forbidden => has_token,
            GatewayAnswer::TooLarge => has_body,
            GatewayAnswer::Throttled
            | GatewayAnswer::HeadersTooLarge
            | GatewayAnswer::Internal
            | GatewayAnswer::Unavailable => true,
        };
        GatewayAnswer::ALL.into_iter().filter(may_be).collect()
    }
}

fn parameter_name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The response of one status: the route's own, any of the errors, or the gateway's.
fn failed(own: Option<Value>, failures: &[ErrorCode], gateway: Option<GatewayAnswer>) -> Value {
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let mut schemas: Vec<Value> = Vec::new();
    let mut meanings: Vec<String> = Vec::new();
    let mut headers = Map::new();
    if let Some(own) = own {
        let schema = own.pointer("/content/application~1json/schema");
        schemas.extend(schema.cloned());
        let text = own.get("description").and_then(Value::as_str);
        meanings.extend(text.map(|text| text.trim_end_matches('.').to_string()));
        let named = own.get("headers").and_then(Value::as_object);
        headers.extend(named.cloned().into_iter().flatten());
    }
    for failure in failures {
        let (code, meaning) = (failure.as_str(), failure.meaning());
        schemas.push(reference(&failure.schema_name()));
        meanings.push(format!("`{code}`: {meaning}"));
        headers.extend(failure.headers().iter().map(|header| header.entry()));
    }
    if let Some(gateway) = gateway {
        schemas.push(reference(GATEWAY_ERROR));
        meanings.push(format!("from the gateway: {}", gateway.parts().2));
        if gateway == GatewayAnswer::Unauthorized {
            headers.extend([Header::WwwAuthenticate.entry()]);
        }
    }
    let schema = if schemas.len() == 1 {
        schemas.into_iter().next().unwrap_or_default()
    } else {
        json!({"anyOf": schemas})
    };
    let mut response = json!({
        "description": format!("{}.", meanings.join("; ")),
        "content": {"application/json": {"schema": schema}},
    });
    if let (Value::Object(response), false) = (&mut response, headers.is_empty()) {
        response.insert("headers".into(), Value::Object(headers));
    }
    response
}
