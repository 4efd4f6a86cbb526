//! The functions of a template and their routes. Supports SAM's functions and
//! HTTP APIs. An event other than an HTTP route is ignored; a route that cannot
//! be served is an error.

use super::cloudformation::log_group_arn;
use super::error::DeploymentError;
use super::parts::{Authorizer, Function};
use super::policies;
use super::routes::Route;
use super::template::{Resource, Template, plain_text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Lambda's default timeout, where neither the function nor Globals sets one.
const DEFAULT_TIMEOUT_SECONDS: u64 = 3;

/// The JWT authorizer of the HTTP API.
pub(super) struct Gate {
    name: String,
    is_default: bool,
    pub(super) authorizer: Authorizer,
}

/// Reads the only HTTP API and its only authorizer.
pub(super) fn gate(template: &Template) -> Result<Gate, DeploymentError> {
    let resources = template.resources()?;
    let mut apis = resources
        .iter()
        .filter(|resource| resource.kind == "AWS::Serverless::HttpApi");
    let (Some(api), None) = (apis.next(), apis.next()) else {
        return Err(template.error(
            "Resources",
            "must contain exactly one AWS::Serverless::HttpApi",
        ));
    };
    let at = format!("Resources.{}.Properties.Auth", api.id);
    let auth = api.body.pointer("/Properties/Auth").unwrap_or(&Value::Null);
    let mut authorizers = auth
        .get("Authorizers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let (Some((name, body)), None) = (authorizers.next(), authorizers.next()) else {
        return Err(template.error(&at, "must have exactly one entry in Authorizers"));
    };
    let is_default = match auth.get("DefaultAuthorizer") {
        None => false,
        Some(default) if default.as_str() == Some(name) => true,
        Some(_) => return Err(template.error(&at, format!("DefaultAuthorizer must be {name}"))),
    };
    let at = format!("{at}.Authorizers.{name}");
    let source = template.text_at(body, &["IdentitySource"], &at)?;
    if source != "$request.header.Authorization" {
        let problem = "IdentitySource must be $request.header.Authorization";
        return Err(template.error(&at, problem));
    }
    let issuer = template.text_at(body, &["JwtConfiguration", "issuer"], &at)?;
    let audiences = body
        .pointer("/JwtConfiguration/audience")
        .unwrap_or(&Value::Null);
    let audiences = texts(
        template,
        audiences,
        &format!("{at}.JwtConfiguration.audience"),
    )?;
    Ok(Gate {
        name: name.clone(),
        is_default,
        authorizer: Authorizer { issuer, audiences },
    })
}

/// Refuses settings for a missing route: AWS would roll back the whole deployment.
pub(super) fn check_route_settings(
    template: &Template,
    routes: &[Route],
) -> Result<(), DeploymentError> {
    for resource in template.resources()? {
        let settings = resource.body.pointer("/Properties/RouteSettings");
        let settings = settings.and_then(Value::as_object).into_iter().flatten();
        for (key, _) in settings {
            if !routes.iter().any(|route| route.key == *key) {
                let at = format!("Resources.{}.Properties.RouteSettings.{key}", resource.id);
                return Err(template.error(at, "is for a route that does not exist"));
            }
        }
    }
    Ok(())
}

/// Every function of the template.
pub(super) fn functions(template: &Template) -> Result<Vec<Function>, DeploymentError> {
    let mut functions: Vec<Function> = Vec::new();
    for resource in &function_resources(template)? {
        let function = function(template, resource)?;
        if functions.iter().any(|other| other.name == function.name) {
            let at = format!("Resources.{}.Metadata", resource.id);
            return Err(template.error(
                at,
                format!("another function already uses the binary {}", function.name),
            ));
        }
        functions.push(function);
    }
    Ok(functions)
}

fn function_resources(template: &Template) -> Result<Vec<Resource<'_>>, DeploymentError> {
    let mut resources = template.resources()?;
    resources.retain(|resource| resource.kind == "AWS::Serverless::Function");
    Ok(resources)
}

fn binary(template: &Template, resource: &Resource<'_>) -> Result<String, DeploymentError> {
    let at = format!("Resources.{}.Metadata", resource.id);
    template.text_at(
        resource.body,
        &["Metadata", "BuildProperties", "Binary"],
        &at,
    )
}

fn function(template: &Template, resource: &Resource<'_>) -> Result<Function, DeploymentError> {
    let globals = template
        .section("Globals")?
        .get("Function")
        .unwrap_or(&Value::Null);
    let own = resource.body.get("Properties").unwrap_or(&Value::Null);
    let places = [
        (globals, "Globals.Function".to_owned()),
        (own, format!("Resources.{}.Properties", resource.id)),
    ];
    let mut variables = BTreeMap::new();
    let mut timeout_seconds = DEFAULT_TIMEOUT_SECONDS;
    let mut log_group = None;
    // The function's own values come second and override the globals.
    for (properties, at) in &places {
        if let Some(more) = properties.pointer("/Environment/Variables") {
            variables.extend(template.texts(more, &format!("{at}.Environment.Variables"))?);
        }
        if let Some(group) = properties.pointer("/LoggingConfig/LogGroup") {
            let at = format!("{at}.LoggingConfig.LogGroup");
            let name = plain_text(&template.evaluate(group, &at)?);
            let name =
                name.ok_or_else(|| template.error(&at, "must be the name of a log group"))?;
            log_group = Some(log_group_arn(&name));
        }
        if let Some(timeout) = properties.get("Timeout") {
            let at = format!("{at}.Timeout");
            let timeout = template
                .evaluate(timeout, &at)?
                .as_u64()
                .filter(|timeout| *timeout > 0);
            timeout_seconds = timeout
                .ok_or_else(|| template.error(at, "must be a positive number of whole seconds"))?;
        }
    }
    Ok(Function {
        name: binary(template, resource)?,
        variables,
        timeout_seconds,
        log_group,
        filters: filters(template, resource)?,
        statements: policies::statements(template, resource)?,
    })
}

/// The filter patterns of the DynamoDB events of a function, by the table's name.
fn filters(
    template: &Template,
    resource: &Resource<'_>,
) -> Result<BTreeMap<String, Value>, DeploymentError> {
    let mut filters = BTreeMap::new();
    let events = resource.body.pointer("/Properties/Events");
    let events = events.and_then(Value::as_object).into_iter().flatten();
    for (name, event) in events {
        if event.get("Type").and_then(Value::as_str) != Some("DynamoDB") {
            continue;
        }
        let at = format!("Resources.{}.Properties.Events.{name}", resource.id);
        let stream = template.text_at(event, &["Properties", "Stream"], &at)?;
        let table = stream.split('/').nth(1).unwrap_or_default().to_owned();
        let pattern = event.pointer("/Properties/FilterCriteria/Filters/0/Pattern");
        let pattern = pattern.and_then(Value::as_str).unwrap_or("{}");
        let pattern = serde_json::from_str(pattern)
            .map_err(|error| template.error(&at, format!("its pattern is no JSON: {error}")))?;
        filters.insert(table, pattern);
    }
    Ok(filters)
}

/// Every HTTP route of every function.
pub(super) fn routes(template: &Template, gate: &Gate) -> Result<Vec<Route>, DeploymentError> {
    let mut routes: Vec<Route> = Vec::new();
    for resource in &function_resources(template)? {
        let function = binary(template, resource)?;
        let events = resource
            .body
            .pointer("/Properties/Events")
            .and_then(Value::as_object);
        for (name, event) in events.into_iter().flatten() {
            let at = format!("Resources.{}.Properties.Events.{name}", resource.id);
            match event.get("Type").and_then(Value::as_str) {
                Some("HttpApi") => {}
                Some("Api") => return Err(template.error(at, "must be of Type HttpApi")),
                Some(_) => continue,
                None => return Err(template.error(at, "has no Type")),
            }
            let route = route(template, gate, event, &function, &at)?;
            if routes.iter().any(|other| other.key == route.key) {
                return Err(template.error(at, format!("{} is routed twice", route.key)));
            }
            routes.push(route);
        }
    }
    Ok(routes)
}

fn route(
    template: &Template,
    gate: &Gate,
    event: &Value,
    function: &str,
    at: &str,
) -> Result<Route, DeploymentError> {
    let method = template
        .text_at(event, &["Properties", "Method"], at)?
        .to_uppercase();
    if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&method.as_str()) {
        return Err(template.error(
            at,
            format!("Method `{method}` must be the name of one HTTP method"),
        ));
    }
    let path = template.text_at(event, &["Properties", "Path"], at)?;
    if !Route::well_formed(&path) {
        let problem = "must consist of non-empty /segments and /{parameters}";
        return Err(template.error(at, format!("Path `{path}` {problem}")));
    }
    let format = event
        .pointer("/Properties/PayloadFormatVersion")
        .and_then(Value::as_str);
    if format.is_some_and(|format| format != "2.0") {
        return Err(template.error(at, "PayloadFormatVersion must be \"2.0\""));
    }
    let auth = event.pointer("/Properties/Auth").unwrap_or(&Value::Null);
    let authorized = match auth.get("Authorizer").map(|name| name.as_str()) {
        None => gate.is_default,
        Some(Some("NONE")) => false,
        Some(Some(name)) if name == gate.name => true,
        Some(_) => {
            return Err(template.error(at, format!("Authorizer must be {} or NONE", gate.name)));
        }
    };
    let scopes = match auth.get("AuthorizationScopes") {
        None => Vec::new(),
        Some(scopes) => texts(
            template,
            scopes,
            &format!("{at}.Properties.Auth.AuthorizationScopes"),
        )?,
    };
    if !authorized && !scopes.is_empty() {
        return Err(template.error(at, "has scopes but no authorizer to check them"));
    }
    let key = format!("{method} {path}");
    Ok(Route {
        key,
        method,
        path,
        function: function.to_owned(),
        authorized,
        scopes,
    })
}

/// A list of strings; a single string counts as a list of one.
fn texts(template: &Template, value: &Value, at: &str) -> Result<Vec<String>, DeploymentError> {
    let texts = match template.evaluate(value, at)? {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items
            .into_iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    };
    texts.ok_or_else(|| template.error(at, "must be a list of strings"))
}
