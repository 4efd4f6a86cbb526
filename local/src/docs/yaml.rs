//! Reads a generated document. It has no tags and no anchors, and its decimals are
//! numbers, unlike in a template.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

pub(super) fn read(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    let document = documents.first().ok_or("the document is empty")?;
    value(document)
}

fn value(node: &Yaml<'_>) -> Result<Value, String> {
    match node {
        Yaml::Value(Scalar::Null) => Ok(Value::Null),
        Yaml::Value(Scalar::Boolean(flag)) => Ok(Value::from(*flag)),
        Yaml::Value(Scalar::Integer(number)) => Ok(Value::from(*number)),
        Yaml::Value(Scalar::FloatingPoint(number)) => Ok(Value::from(number.into_inner())),
        Yaml::Value(Scalar::String(text)) => Ok(Value::from(text.clone().into_owned())),
        Yaml::Sequence(items) => items.iter().map(value).collect(),
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, entry) in entries {
                let key = key.as_str().ok_or("a key is not a text")?;
                object.insert(key.to_string(), value(entry)?);
            }
            Ok(Value::Object(object))
        }
        Yaml::Tagged(..) | Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            Err("the document has a tag, an alias or a value that cannot be read".to_string())
        }
    }
}
