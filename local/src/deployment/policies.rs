//! A function's permissions: the inline policies of its role, statement by
//! statement, so that a test can compare them with what the function does.
//! Nothing is enforced, and only the forms that our policies use are supported.

use super::error::DeploymentError;
use super::template::{Resource, Template, plain_text};
use serde_json::{Map, Value};

/// The supported IAM keywords.
const LEADING_KEYS: &str = "dynamodb:LeadingKeys";
const ENCLOSING_OPERATION: &str = "dynamodb:EnclosingOperation";

/// One statement. Every statement allows; Deny is not supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its name, unique within the function.
    pub sid: String,
    /// The actions with their service, for example `dynamodb:GetItem`.
    pub actions: Vec<String>,
    /// The resource that they apply to.
    pub resources: Vec<Target>,
    /// The partition keys they are limited to, if any.
    pub leading_keys: Option<LeadingKeys>,
    /// The transaction that they must be part of, if any.
    pub enclosing_operation: Option<String>,
}

/// A resource of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A table, or only one index of it.
    Table {
        /// The table's name.
        table: String,
        /// The index.
        index: Option<String>,
    },
    /// Anything else, as its ARN.
    Other(String),
}

/// A restriction to some partition keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadingKeys {
    /// Each key must match one of these; `*` matches anything.
    pub patterns: Vec<String>,
    /// Whether a request without any key is refused: "for all values" is true
    /// when there are none.
    pub required: bool,
}

/// Reads all inline policies of a function's role.
pub(super) fn statements(
    template: &Template,
    function: &Resource<'_>,
) -> Result<Vec<Statement>, DeploymentError> {
    let properties = function.body.get("Properties").unwrap_or(&Value::Null);
    let at = format!("Resources.{}.Properties", function.id);
    if properties.get("Policies").is_some() {
        let problem = "move them to the function's role: SAM ignores Policies beside a Role";
        return Err(template.error(format!("{at}.Policies"), problem));
    }
    let Some(role) = properties.get("Role") else {
        return Ok(Vec::new());
    };
    let Some(role) = role_id(role) else {
        let problem = "must be !GetAtt of the Arn of a role in this template";
        return Err(template.error(format!("{at}.Role"), problem));
    };
    let resources = template.resources()?;
    let is_role = |it: &&Resource<'_>| it.id == role && it.kind == "AWS::IAM::Role";
    let Some(found) = resources.iter().find(is_role) else {
        let problem = format!("there is no role {role} in this template");
        return Err(template.error(format!("{at}.Role"), problem));
    };
    let at = format!("Resources.{role}.Properties.Policies");
    let policies = found.body.pointer("/Properties/Policies");
    let policies = policies.unwrap_or(&Value::Null);
    let policies = list(template.evaluate(policies, &at)?);
    let mut statements: Vec<Statement> = Vec::new();
    for (number, policy) in policies.iter().enumerate() {
        let place = Place {
            template,
            at: format!("{at}.{number}"),
        };
        let policy = place.mapping(policy, &["PolicyName", "PolicyDocument"])?;
        let place = place.inside("PolicyDocument");
        let document = policy.get("PolicyDocument").unwrap_or(&Value::Null);
        let document = place.mapping(document, &["Version", "Statement"])?;
        let at = place.inside("Statement");
        let entries = list(document.get("Statement").cloned().unwrap_or_default());
        for (number, entry) in entries.iter().enumerate() {
            let place = at.inside(&number.to_string());
            let statement = statement(&place, entry)?;
            if statements.iter().any(|other| other.sid == statement.sid) {
                return Err(place.error(format!("the Sid {} is used twice", statement.sid)));
            }
            statements.push(statement);
        }
    }
    Ok(statements)
}

/// `CreditsRole` of `!GetAtt CreditsRole.Arn`, however that is written.
fn role_id(role: &Value) -> Option<&str> {
    match role.get("Fn::GetAtt")? {
        Value::String(path) => path.strip_suffix(".Arn"),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(id), Value::String(attribute)] if attribute == "Arn" => Some(id),
            _ => None,
        },
        _ => None,
    }
}

fn statement(place: &Place<'_>, entry: &Value) -> Result<Statement, DeploymentError> {
    let known = ["Sid", "Effect", "Action", "Resource", "Condition"];
    let entry = place.mapping(entry, &known)?;
    if place.text(entry, "Effect")? != "Allow" {
        return Err(place.error("its Effect must be Allow; everything else is denied by default"));
    }
    let resources = place.texts(entry, "Resource")?;
    let mut statement = Statement {
        sid: place.text(entry, "Sid")?,
        actions: place.texts(entry, "Action")?,
        resources: resources.iter().map(|arn| target(arn)).collect(),
        leading_keys: None,
        enclosing_operation: None,
    };
    let place = place.inside("Condition");
    let mut key_is_required = false;
    let none = Value::Object(Map::new());
    let conditions = entry.get("Condition").unwrap_or(&none);
    for (operator, condition) in place.mapping(conditions, &[])? {
        let place = place.inside(operator);
        let condition = place.mapping(condition, &[])?;
        for key in condition.keys() {
            let values = place.texts(condition, key)?;
            match (operator.as_str(), key.as_str(), values.as_slice()) {
                ("ForAllValues:StringLike", LEADING_KEYS, [_, ..]) => {
                    statement.leading_keys = Some(LeadingKeys {
                        patterns: values,
                        required: false,
                    });
                }
                ("Null", LEADING_KEYS, [null]) if null == "false" => key_is_required = true,
                ("ForAnyValue:StringEquals", ENCLOSING_OPERATION, [operation]) => {
                    statement.enclosing_operation = Some(operation.clone());
                }
                _ => return Err(place.error(format!("{key} is not supported in this form"))),
            }
        }
    }
    match &mut statement.leading_keys {
        Some(keys) => keys.required = key_is_required,
        None if key_is_required => {
            return Err(place.error("a Null needs a ForAllValues:StringLike beside it"));
        }
        None => {}
    }
    Ok(statement)
}

/// `arn:aws:dynamodb:<region>:<account>:table/<name>`, or with `/index/<name>`.
fn target(arn: &str) -> Target {
    let mut parts = arn.splitn(6, ':');
    let service = parts.nth(2);
    let path: Vec<&str> = parts.last().unwrap_or_default().split('/').collect();
    let (table, index) = match (service, path.as_slice()) {
        (Some("dynamodb"), ["table", table]) => (*table, None),
        (Some("dynamodb"), ["table", table, "index", index]) => (*table, Some(*index)),
        _ => return Target::Other(arn.to_owned()),
    };
    Target::Table {
        table: table.to_owned(),
        index: index.map(str::to_owned),
    }
}

/// A single value counts as a list of one.
fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// A location in the template.
struct Place<'a> {
    template: &'a Template,
    at: String,
}

impl Place<'_> {
    fn inside(&self, name: &str) -> Self {
        Place {
            template: self.template,
            at: format!("{}.{name}", self.at),
        }
    }

    fn error(&self, problem: impl Into<String>) -> DeploymentError {
        self.template.error(&self.at, problem)
    }

    /// A mapping with only these keys; any keys if none are listed.
    fn mapping<'v>(
        &self,
        value: &'v Value,
        known: &[&str],
    ) -> Result<&'v Map<String, Value>, DeploymentError> {
        let mapping = value.as_object();
        let mapping = mapping.ok_or_else(|| self.error("must be a mapping"))?;
        match mapping.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) if !known.is_empty() => {
                Err(self.error(format!("{key} is not supported here")))
            }
            _ => Ok(mapping),
        }
    }

    fn text(&self, mapping: &Map<String, Value>, key: &str) -> Result<String, DeploymentError> {
        let text = mapping.get(key).and_then(plain_text);
        text.ok_or_else(|| self.error(format!("has no {key}")))
    }

    fn texts(
        &self,
        mapping: &Map<String, Value>,
        key: &str,
    ) -> Result<Vec<String>, DeploymentError> {
        let values = list(mapping.get(key).cloned().unwrap_or_default());
        let texts: Option<Vec<String>> = values.iter().map(plain_text).collect();
        let texts = texts.filter(|texts| !texts.is_empty());
        texts.ok_or_else(|| self.error(format!("{key} must be a string or a list of strings")))
    }
}

#[cfg(test)]
mod tests;
