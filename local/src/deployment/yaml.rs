//! Parses YAML into a JSON value, with `!Sub x` as `{"Fn::Sub": x}`. It refuses
//! input that could overflow the stack or that no template needs, so that later
//! code may recurse safely.

use super::error::DeploymentError;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// Maximum depth, far above our templates'; limits the evaluator's recursion.
pub(super) const MAX_DEPTH: usize = 64;

/// Each block level of YAML needs a column of its own (two at most share one),
/// and the parser recurses per level without a limit, so the columns are limited.
const MAX_INDENT: usize = 120;

/// Parses one document.
pub(super) fn parse(file: &str, text: &str) -> Result<Value, DeploymentError> {
    let refuse = |problem: String| DeploymentError::NotYaml {
        file: file.to_owned(),
        problem,
    };
    for (number, line) in text.lines().enumerate() {
        let indent = line
            .find(|letter: char| !matches!(letter, ' ' | '\t' | '-' | '?' | ':'))
            .unwrap_or(line.len());
        if indent > MAX_INDENT {
            let number = number + 1;
            return Err(refuse(format!(
                "line {number} is indented by more than {MAX_INDENT} columns"
            )));
        }
    }
    let documents = Yaml::load_from_str(text).map_err(|error| refuse(error.to_string()))?;
    match documents.as_slice() {
        [document] => convert(document, 0).map_err(refuse),
        other => Err(refuse(format!(
            "expected one document, found {}",
            other.len()
        ))),
    }
}

fn convert(node: &Yaml<'_>, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
    }
    match node {
        Yaml::Value(scalar) => Ok(self::scalar(scalar)),
        Yaml::Sequence(items) => items
            .iter()
            .map(|item| convert(item, depth + 1))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = match convert(key, depth + 1)? {
                    Value::String(key) => key,
                    Value::Number(key) => key.to_string(),
                    other => return Err(format!("the key {other} is not a string")),
                };
                object.insert(key, convert(value, depth + 1)?);
            }
            Ok(Value::Object(object))
        }
        Yaml::Tagged(tag, inner) if tag.handle == "!" => {
            let function = match tag.suffix.as_str() {
                name @ ("Ref" | "Condition") => name.to_owned(),
                name => format!("Fn::{name}"),
            };
            let argument = convert(inner, depth + 1)?;
            Ok(Value::Object(Map::from_iter([(function, argument)])))
        }
        Yaml::Tagged(tag, _) => Err(format!(
            "the tag {}{} is not a CloudFormation tag",
            tag.handle, tag.suffix
        )),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            Err("it contains a value or an alias that cannot be resolved".to_owned())
        }
    }
}

fn scalar(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Integer(value) => Value::from(*value),
        // CloudFormation compares text, so a float keeps its decimals.
        Scalar::FloatingPoint(value) => Value::String(value.to_string()),
        Scalar::String(value) => Value::String(value.clone().into_owned()),
    }
}
