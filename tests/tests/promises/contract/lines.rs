//! A document as lines, one per promise to clients: each field of an answer with its
//! type, each field of a request. What a version promised is a set of lines, and the next
//! version has all of them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::resolved;

/// What a document promises.
pub(super) struct Lines {
    /// What must still be there.
    pub(super) promised: BTreeSet<String>,
    /// What a request must have; nothing may be added.
    pub(super) demanded: BTreeSet<String>,
}

impl Lines {
    pub(super) fn of(document: &Value) -> Self {
        let mut lines = Lines {
            promised: BTreeSet::new(),
            demanded: BTreeSet::new(),
        };
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let route = format!("{} {path}", method.to_uppercase());
                lines.route(document, &route, operation);
            }
        }
        lines
    }

    fn route(&mut self, document: &Value, route: &str, operation: &Value) {
        self.promised.insert(route.to_string());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let (name, place) = (parameter["name"].as_str(), parameter["in"].as_str());
            let line = format!("{route}: {} in the {}", name.unwrap(), place.unwrap());
            if parameter["required"] == true {
                self.demanded.insert(line.clone());
            }
            self.promised.insert(line);
        }
        let body = operation.pointer("/requestBody/content/application~1json/schema");
        if let Some(schema) = body {
            self.schema(document, &format!("{route}: body"), schema, Side::Request);
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolved(document, response);
            let line = format!("{route}: {status}");
            self.promised.insert(line.clone());
            for header in response["headers"].as_object().into_iter().flatten() {
                self.promised.insert(format!("{line} header {}", header.0));
            }
            if let Some(schema) = response.pointer("/content/application~1json/schema") {
                self.schema(document, &line, schema, Side::Answer);
            }
        }
    }

    fn schema(&mut self, document: &Value, place: &str, schema: &Value, side: Side) {
        let schema = resolved(document, schema);
        let types: BTreeSet<String> = types(document, schema);
        let types: Vec<String> = types.into_iter().collect();
        self.promised
            .insert(format!("{place} is {}", types.join(" or ")));
        for part in parts(schema) {
            let part = resolved(document, part);
            // Which error a status stands for is told by its code.
            let code = part
                .pointer("/properties/error/enum/0")
                .and_then(Value::as_str);
            let place = match code {
                Some(code) => format!("{place} {code}"),
                None => place.to_string(),
            };
            let is_alternative = alternatives(schema).any(|it| std::ptr::eq(it, part));
            let side = match side {
                Side::Request if is_alternative => Side::OneOfRequest,
                side => side,
            };
            self.fields(document, &place, part, side);
        }
        if let Side::Request = side {
            self.demanded_by_all(place, schema);
        }
    }

    /// What every alternative of a request demands is demanded.
    fn demanded_by_all(&mut self, place: &str, schema: &Value) {
        let demands = |part: &Value| -> BTreeSet<String> {
            let names = part["required"].as_array().into_iter().flatten();
            names
                .map(|name| name.as_str().unwrap().to_string())
                .collect()
        };
        let shared = alternatives(schema)
            .map(demands)
            .reduce(|one, other| &one & &other);
        for name in shared.unwrap_or_default() {
            self.demanded
                .insert(format!("{place}.{name} is always there"));
        }
    }

    fn fields(&mut self, document: &Value, place: &str, schema: &Value, side: Side) {
        if let Side::Request | Side::OneOfRequest = side {
            for word in schema["enum"].as_array().into_iter().flatten() {
                self.promised.insert(format!("{place} may be {word}"));
            }
        }
        if let Some(items) = schema.get("items") {
            self.schema(document, &format!("{place}[]"), items, side);
        }
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.map(|name| name.as_str().unwrap()) {
            let line = format!("{place}.{name} is always there");
            match side {
                Side::Request => self.demanded.insert(line),
                Side::OneOfRequest => false,
                Side::Answer => self.promised.insert(line),
            };
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            self.schema(document, &format!("{place}.{name}"), field, side);
        }
    }
}

#[derive(Clone, Copy)]
enum Side {
    Request,
    /// One of several forms that a request may have.
    OneOfRequest,
    Answer,
}

/// A schema and what it is made of, without `null`.
fn parts(schema: &Value) -> Vec<&Value> {
    let mut parts = vec![schema];
    for name in ["anyOf", "oneOf", "allOf"] {
        parts.extend(schema[name].as_array().into_iter().flatten());
    }
    parts
}

/// The forms that a value may have.
fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"]
        .into_iter()
        .flat_map(|name| schema[name].as_array().into_iter().flatten())
}

/// The types that a value may have.
fn types(document: &Value, schema: &Value) -> BTreeSet<String> {
    let schema = resolved(document, schema);
    let mut all = BTreeSet::new();
    match &schema["type"] {
        Value::String(one) => {
            all.insert(one.clone());
        }
        Value::Array(several) => {
            let several = several.iter().map(|one| one.as_str().unwrap().to_string());
            all.extend(several);
        }
        _ => {
            for part in parts(schema).into_iter().skip(1) {
                all.extend(types(document, part));
            }
        }
    }
    all
}
