//! A document as one page: routes, then schemas. It is complete without JavaScript, has
//! one heading per route and per schema, and works by keyboard and on a narrow screen.

use serde_json::{Map, Value};

use super::html::{escaped, inline, prose};

const STYLE: &str = include_str!("page.css");

/// The page.
pub(super) fn html(document: &Value) -> String {
    let title = escaped(text(document, "/info/title"));
    let version = escaped(text(document, "/info/version"));
    let about = prose(text(document, "/info/description"));
    let routes = routes(document);
    let links: String = routes.iter().map(link).collect();
    let sections: String = routes
        .iter()
        .map(|route| section(document, route))
        .collect();
    let schemas = object(document, "/components/schemas");
    let schemas: String = schemas
        .iter()
        .map(|(name, it)| schema_section(name, it))
        .collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body>\
         <a class=\"skip\" href=\"#main\">Skip to the routes</a>\
         <header><h1>{title} {version}</h1>{about}\
         <p>The same for machines: <a href=\"openapi.yaml\">openapi.yaml</a></p></header>\
         <nav aria-label=\"Routes\"><ul>{links}</ul></nav>\
         <main id=\"main\"><h2>Routes</h2>{sections}<h2>Schemas</h2>{schemas}</main>\
         </body></html>\n"
    )
}

struct Route<'a> {
    method: String,
    path: &'a str,
    operation: &'a Value,
}

fn routes(document: &Value) -> Vec<Route<'_>> {
    let mut routes = Vec::new();
    for (path, item) in object(document, "/paths") {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let method = method.to_uppercase();
            routes.push(Route {
                method,
                path,
                operation,
            });
        }
    }
    routes
}

fn link(route: &Route<'_>) -> String {
    let id = escaped(text(route.operation, "/operationId"));
    let summary = inline(text(route.operation, "/summary"));
    let (method, path) = (&route.method, escaped(route.path));
    format!("<li><a href=\"#{id}\"><code>{method} {path}</code></a> {summary}")
}

fn section(document: &Value, route: &Route<'_>) -> String {
    let operation = route.operation;
    let id = escaped(text(operation, "/operationId"));
    let (method, path) = (&route.method, escaped(route.path));
    let summary = inline(text(operation, "/summary"));
    let about = prose(text(operation, "/description"));
    let mut html = format!(
        "<section aria-labelledby=\"{id}\"><h3 id=\"{id}\"><span class=\"method\">{method}</span> \
         <code>{path}</code></h3><p><strong>{summary}</strong></p>{about}{}",
        token(operation)
    );
    let parameters: String = list(operation, "/parameters").map(parameter).collect();
    if !parameters.is_empty() {
        html.push_str(&format!("<h4>Parameters</h4><dl>{parameters}</dl>"));
    }
    if let Some(body) = operation.get("requestBody") {
        html.push_str(&format!("<h4>Body</h4>{}", content(body)));
    }
    html.push_str("<h4>Answers</h4>");
    for (status, response) in object(operation, "/responses") {
        html.push_str(&answer(status, resolved(document, response)));
    }
    html + "</section>"
}

/// Whose token the route needs, and with which scopes.
fn token(operation: &Value) -> String {
    let needed = list(operation, "/security").filter_map(Value::as_object);
    let needed = needed.flatten().map(|(caller, scopes)| {
        let scopes = list(scopes, "").filter_map(Value::as_str);
        let scopes: Vec<String> = scopes
            .map(|it| format!("<code>{}</code>", escaped(it)))
            .collect();
        format!(
            "<p>Token of a {}, with {}.</p>",
            escaped(caller),
            scopes.join(" and ")
        )
    });
    needed.collect()
}

fn parameter(parameter: &Value) -> String {
    let name = escaped(text(parameter, "/name"));
    let place = escaped(text(parameter, "/in"));
    let is_required = parameter.get("required") == Some(&Value::Bool(true));
    let required = if is_required { ", required" } else { "" };
    let kind = kind(parameter.get("schema").unwrap_or(&Value::Null));
    let about = inline(text(parameter, "/description"));
    format!("<dt><code>{name}</code></dt><dd>{place}{required}: {kind}. {about}</dd>")
}

fn answer(status: &str, response: &Value) -> String {
    let about = inline(text(response, "/description"));
    let headers = object(response, "/headers").into_iter();
    let headers: Vec<String> = headers
        .map(|(name, _)| format!("<code>{}</code>", escaped(name)))
        .collect();
    let headers = if headers.is_empty() {
        String::new()
    } else {
        format!("<p>Headers: {}</p>", headers.join(", "))
    };
    let content = content(response);
    let status = escaped(status);
    // Answers that succeed are shown; of errors their meaning is.
    let open = if status.starts_with('2') { " open" } else { "" };
    format!(
        "<details{open}><summary><strong>{status}</strong> {about}</summary>{content}{headers}</details>"
    )
}

/// The schema and the example of a body.
fn content(of: &Value) -> String {
    let mut html = String::new();
    for (media, content) in object(of, "/content") {
        let kind = kind(content.get("schema").unwrap_or(&Value::Null));
        html.push_str(&format!("<p>{kind} as <code>{}</code></p>", escaped(media)));
        if let Some(example) = content.get("example") {
            let example = serde_json::to_string_pretty(example).unwrap_or_default();
            let example = escaped(&example);
            html.push_str(&format!("<pre tabindex=\"0\"><code>{example}</code></pre>"));
        }
    }
    html
}

fn schema_section(name: &str, schema: &Value) -> String {
    let name = escaped(name);
    let about = prose(text(schema, "/description"));
    let required: Vec<&str> = list(schema, "/required")
        .filter_map(Value::as_str)
        .collect();
    let fields = object(schema, "/properties")
        .into_iter()
        .map(|(field, schema)| {
            let optional = if required.contains(&field) {
                ""
            } else {
                ", optional"
            };
            let about = inline(text(schema, "/description"));
            let kind = kind(schema);
            format!(
                "<dt><code>{}</code></dt><dd>{kind}{optional}. {about}</dd>",
                escaped(field)
            )
        });
    let fields: String = fields.collect();
    let kind = if fields.is_empty() {
        format!("<p>{}</p>", kind(schema))
    } else {
        String::new()
    };
    format!(
        "<section aria-labelledby=\"schema-{name}\"><h3 id=\"schema-{name}\">{name}</h3>\
         {about}{kind}<dl>{fields}</dl></section>"
    )
}

/// A schema in a few words; named ones are linked.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = escaped(reference.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (name, joint) in [("anyOf", " or "), ("oneOf", " or "), ("allOf", " with ")] {
        if let Some(parts) = schema.get(name).and_then(Value::as_array) {
            let parts: Vec<String> = parts.iter().map(kind).collect();
            return parts.join(joint);
        }
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words = words
            .iter()
            .map(|word| format!("<code>{}</code>", escaped(&plain(word))));
        return words.collect::<Vec<_>>().join(" | ");
    }
    if let Some(items) = schema.get("items") {
        return format!("list of {}", kind(items));
    }
    let types: Vec<String> = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().map(plain).collect(),
        Some(one) => vec![plain(one)],
        None => vec!["anything".to_string()],
    };
    let mut kind = escaped(&types.join(" or "));
    let format = schema.get("format").and_then(Value::as_str);
    if let Some(format) = format.filter(|_| types == ["string"]) {
        kind.push_str(&format!(" (<code>{}</code>)", escaped(format)));
    }
    for (name, word) in [
        ("minimum", "from"),
        ("maximum", "to"),
        ("maxLength", "up to"),
        ("pattern", "like"),
    ] {
        if let Some(limit) = schema.get(name) {
            kind.push_str(&format!(" {word} <code>{}</code>", escaped(&plain(limit))));
        }
    }
    kind
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_string)
}

fn text<'a>(of: &'a Value, pointer: &str) -> &'a str {
    of.pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn list<'a>(of: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    of.pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn object<'a>(of: &'a Value, pointer: &str) -> Vec<(&'a str, &'a Value)> {
    let object: Option<&Map<String, Value>> = of.pointer(pointer).and_then(Value::as_object);
    object
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

/// What a reference within the document stands for.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|path| document.pointer(path.trim_start_matches('#')));
    target.unwrap_or(value)
}
