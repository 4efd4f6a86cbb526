//! A small evaluator for CloudFormation: references, conditions and the
//! functions that our templates use. Anything unsupported is an error that names
//! its location.

use super::error::DeploymentError;
use super::template::{Parameter, Template, plain_text};
use super::yaml::MAX_DEPTH;
use serde_json::{Map, Value};

/// The ARN of a log group, as AWS writes it: all streams of it.
pub(super) fn log_group_arn(name: &str) -> String {
    format!("arn:aws:logs:local:000000000000:log-group:{name}:*")
}

impl Template {
    /// The value of an output of this template.
    fn output(&self, name: &str, depth: usize) -> Result<Value, DeploymentError> {
        let at = format!("Outputs.{name}");
        let output = self
            .section("Outputs")?
            .get(name)
            .and_then(|output| output.get("Value"));
        let output = output.ok_or_else(|| self.error(&at, "is referenced but has no Value"))?;
        self.value(output, &at, depth)
    }

    /// Evaluates a value that must exist afterwards.
    pub(super) fn evaluate(&self, value: &Value, at: &str) -> Result<Value, DeploymentError> {
        self.value(value, at, 0)
    }

    fn value(&self, value: &Value, at: &str, depth: usize) -> Result<Value, DeploymentError> {
        Ok(self.optional(value, at, depth)?.unwrap_or(Value::Null))
    }

    /// `None` means `AWS::NoValue`, which removes its key or item.
    fn optional(
        &self,
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Result<Option<Value>, DeploymentError> {
        if depth > MAX_DEPTH {
            return Err(self.error(at, "refers to itself or is nested too deep"));
        }
        match value {
            Value::Array(items) => {
                let mut evaluated = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    evaluated.extend(self.optional(item, &format!("{at}.{index}"), depth + 1)?);
                }
                Ok(Some(Value::Array(evaluated)))
            }
            Value::Object(entries) => {
                if entries.len() == 1
                    && let Some((name, argument)) = entries.iter().next()
                    && (name == "Ref" || name.starts_with("Fn::"))
                {
                    return self.function(name, argument, at, depth + 1);
                }
                let mut evaluated = Map::new();
                for (key, entry) in entries {
                    if let Some(entry) = self.optional(entry, &format!("{at}.{key}"), depth + 1)? {
                        evaluated.insert(key.clone(), entry);
                    }
                }
                Ok(Some(Value::Object(evaluated)))
            }
            scalar => Ok(Some(scalar.clone())),
        }
    }

    fn function(
        &self,
        name: &str,
        argument: &Value,
        at: &str,
        depth: usize,
    ) -> Result<Option<Value>, DeploymentError> {
        match (name, argument) {
            ("Ref", Value::String(target)) if target == "AWS::NoValue" => Ok(None),
            ("Ref", Value::String(target)) => self.reference(target, at).map(Some),
            ("Fn::Sub", Value::String(text)) => {
                self.substitute(text, &Map::new(), at, depth).map(Some)
            }
            ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(text), Value::Object(values)] => {
                    self.substitute(text, values, at, depth).map(Some)
                }
                _ => Err(self.error(at, "Fn::Sub takes a string, or a string and a mapping")),
            },
            ("Fn::GetAtt", Value::String(path)) => match path.split_once('.') {
                Some((id, attribute)) => self.attribute(id, attribute, at, depth).map(Some),
                None => Err(self.error(at, format!("GetAtt `{path}` must be Resource.Attribute"))),
            },
            ("Fn::GetAtt", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(id), Value::String(attribute)] => {
                    self.attribute(id, attribute, at, depth).map(Some)
                }
                _ => Err(self.error(at, "Fn::GetAtt takes a resource and an attribute")),
            },
            ("Fn::If", Value::Array(parts)) => match parts.as_slice() {
                [condition, yes, no] => {
                    let chosen = if self.condition(condition, at, depth)? {
                        yes
                    } else {
                        no
                    };
                    self.optional(chosen, at, depth + 1)
                }
                _ => Err(self.error(at, "Fn::If takes a condition and two values")),
            },
            ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(separator), list] => self.join(separator, list, at, depth),
                _ => Err(self.error(at, "Fn::Join takes a separator and a list")),
            },
            _ => Err(self.error(
                at,
                format!("{name} is not supported here: use Ref, Sub, GetAtt, If or Join"),
            )),
        }
    }

    fn join(
        &self,
        separator: &str,
        list: &Value,
        at: &str,
        depth: usize,
    ) -> Result<Option<Value>, DeploymentError> {
        let joined = match self.value(list, at, depth + 1)? {
            Value::Array(items) => items.iter().map(plain_text).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let joined = joined.ok_or_else(|| self.error(at, "Fn::Join takes a list of strings"))?;
        Ok(Some(Value::String(joined.join(separator))))
    }

    fn reference(&self, target: &str, at: &str) -> Result<Value, DeploymentError> {
        match self.parameters.get(target) {
            Some(Parameter::Known(value)) => return Ok(value.clone()),
            Some(Parameter::OnlyOnAws(problem)) => {
                let problem = format!("Ref `{target}` has no value here: {problem}");
                return Err(self.error(at, problem));
            }
            None => {}
        }
        // A laptop has no AWS account; these only have to be well-formed.
        let pseudo = match target {
            "AWS::Region" | "AWS::StackName" => Some("local"),
            "AWS::AccountId" => Some("000000000000"),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(Value::from(value));
        }
        if let Some(name) = self.table_name(target) {
            return Ok(Value::String(name));
        }
        // A secret is referenced by its ARN, which ends in random letters.
        if self.kind(target) == Some("AWS::SecretsManager::Secret") {
            let arn = format!("arn:aws:secretsmanager:local:000000000000:secret:{target}-local0");
            return Ok(Value::String(arn));
        }
        if let Some(name) = self.log_group(target, at)? {
            return Ok(Value::String(name));
        }
        // A queue is referenced by its URL; the world has its own for those it serves.
        if self.kind(target) == Some("AWS::SQS::Queue") {
            return Ok(Value::String(format!("http://127.0.0.1:1/{target}")));
        }
        let problem =
            format!("Ref `{target}` is not a parameter, table, secret, log group or queue");
        Err(self.error(at, problem))
    }

    fn kind(&self, id: &str) -> Option<&str> {
        self.root.get("Resources")?.get(id)?.get("Type")?.as_str()
    }

    /// The local name of a table: `CreditsTable` is `credits`.
    pub(super) fn table_name(&self, id: &str) -> Option<String> {
        let name = id
            .strip_suffix("Table")
            .filter(|name| !name.is_empty())
            .unwrap_or(id);
        (self.kind(id)? == "AWS::DynamoDB::Table").then(|| name.to_lowercase())
    }

    /// The name of a log group, which the template must set.
    fn log_group(&self, id: &str, at: &str) -> Result<Option<String>, DeploymentError> {
        if self.kind(id) != Some("AWS::Logs::LogGroup") {
            return Ok(None);
        }
        let group = self.section("Resources")?.get(id);
        let group = group.unwrap_or(&Value::Null);
        let name = self.text_at(group, &["Properties", "LogGroupName"], at)?;
        Ok(Some(name))
    }

    fn attribute(
        &self,
        id: &str,
        attribute: &str,
        at: &str,
        depth: usize,
    ) -> Result<Value, DeploymentError> {
        if let (Some(stack), Some(output)) =
            (self.nested.get(id), attribute.strip_prefix("Outputs."))
        {
            return stack.output(output, depth + 1);
        }
        if let (Some(name), "Arn") = (self.table_name(id), attribute) {
            return Ok(Value::String(format!(
                "arn:aws:dynamodb:local:000000000000:table/{name}"
            )));
        }
        if let (Some(name), "StreamArn") = (self.table_name(id), attribute) {
            return Ok(Value::String(format!(
                "arn:aws:dynamodb:local:000000000000:table/{name}/stream/local"
            )));
        }
        if let (Some(name), "Arn") = (self.log_group(id, at)?, attribute) {
            return Ok(Value::String(log_group_arn(&name)));
        }
        if let (Some("AWS::SQS::Queue"), "Arn") = (self.kind(id), attribute) {
            return Ok(Value::String(format!(
                "arn:aws:sqs:local:000000000000:{id}"
            )));
        }
        let problem = "is not supported: use Stack.Outputs.Name, Table.Arn, Table.StreamArn, Queue.Arn or LogGroup.Arn";
        Err(self.error(at, format!("GetAtt `{id}.{attribute}` {problem}")))
    }

    fn substitute(
        &self,
        text: &str,
        values: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<Value, DeploymentError> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| self.error(at, format!("`{text}` has an unclosed ${{")))?;
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let value = match (values.get(name), name.split_once('.')) {
                (Some(value), _) => self.value(value, at, depth + 1)?,
                (None, Some((id, attribute))) => self.attribute(id, attribute, at, depth)?,
                (None, None) => self.reference(name, at)?,
            };
            let value = plain_text(&value).ok_or_else(|| {
                self.error(at, format!("${{{name}}} is not a string, as Sub requires"))
            })?;
            result.push_str(&value);
        }
        result.push_str(rest);
        Ok(Value::String(result))
    }

    /// A condition by name, or an inline one with Equals, Not, And or Or.
    pub(super) fn condition(
        &self,
        condition: &Value,
        at: &str,
        depth: usize,
    ) -> Result<bool, DeploymentError> {
        if depth > MAX_DEPTH {
            return Err(self.error(at, "its condition refers to itself or is nested too deep"));
        }
        if let Value::String(name) = condition {
            let at = format!("Conditions.{name}");
            let body = self.section("Conditions")?.get(name);
            let body = body.ok_or_else(|| self.error(&at, "is used but not declared"))?;
            return self.condition(body, &at, depth + 1);
        }
        let function = condition.as_object().filter(|entries| entries.len() == 1);
        let parts = |argument: &'_ Value| argument.as_array().cloned().unwrap_or_default();
        match function.and_then(|entries| entries.iter().next()) {
            Some((name, argument)) if name == "Condition" => {
                self.condition(argument, at, depth + 1)
            }
            Some((name, argument)) => match (name.as_str(), parts(argument).as_slice()) {
                ("Fn::Equals", [left, right]) => {
                    let left = self.value(left, at, depth + 1)?;
                    let right = self.value(right, at, depth + 1)?;
                    Ok(plain_text(&left).is_some_and(|left| Some(left) == plain_text(&right)))
                }
                ("Fn::Not", [inner]) => Ok(!self.condition(inner, at, depth + 1)?),
                ("Fn::And", inner @ [_, _, ..]) => inner.iter().try_fold(true, |all, next| {
                    Ok(all & self.condition(next, at, depth + 1)?)
                }),
                ("Fn::Or", inner @ [_, _, ..]) => inner.iter().try_fold(false, |any, next| {
                    Ok(any | self.condition(next, at, depth + 1)?)
                }),
                _ => Err(self.error(
                    at,
                    format!("{name} is not a condition with the right arguments"),
                )),
            },
            None => Err(self.error(at, "its condition must be a name or one function")),
        }
    }
}
