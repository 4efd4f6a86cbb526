//! One template on disk: its sections, parameter values and nested templates.
//! `cloudformation` does the evaluation.

use super::error::DeploymentError;
use super::parsed::parsed;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The source of templates: the disk, or a map of strings in a test.
pub(super) type Source<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// Maximum nesting depth; a deeper template probably includes itself.
const MAX_NESTED: usize = 8;

/// One template with its parameters resolved and its nested templates loaded.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) file: String,
    pub(super) root: Arc<Value>,
    pub(super) parameters: BTreeMap<String, Parameter>,
    pub(super) nested: BTreeMap<String, Template>,
}

/// An argument for a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Parameter {
    /// Its value.
    Known(Value),
    /// A value that only AWS knows, such as the id of an API, and its
    /// expression. It may be passed to a template, but nothing that is served
    /// may depend on it.
    OnlyOnAws(String),
}

/// The arguments of a template.
type Arguments = BTreeMap<String, Argument>;

/// A value, or why it is unknown.
type Argument = Result<String, String>;

/// One resource whose condition is true.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    pub(super) kind: &'a str,
    pub(super) body: &'a Value,
}

impl Template {
    /// Reads a template, checks its arguments, and loads its nested templates.
    pub(super) fn load(
        path: &Path,
        given: &BTreeMap<String, String>,
        source: Source<'_>,
    ) -> Result<Self, DeploymentError> {
        let given = given
            .iter()
            .map(|(name, value)| (name.clone(), Ok(value.clone())));
        Self::load_at(path, &given.collect(), source, 0)
    }

    fn load_at(
        path: &Path,
        given: &Arguments,
        source: Source<'_>,
        level: usize,
    ) -> Result<Self, DeploymentError> {
        let file = path.display().to_string();
        let text = source(path).map_err(|source| DeploymentError::Unreadable {
            file: file.clone(),
            source,
        })?;
        let root = parsed(&file, &text)?;
        let mut template = Self {
            file,
            root,
            parameters: BTreeMap::new(),
            nested: BTreeMap::new(),
        };
        template.parameters = template.resolve_parameters(given)?;
        for (id, location, arguments) in template.nested_stacks()? {
            if level >= MAX_NESTED {
                let at = format!("Resources.{id}.Properties");
                return Err(
                    template.error(at, "is nested too deep: does a template include itself?")
                );
            }
            let arguments = template.arguments(&arguments, &id)?;
            let child = path.parent().unwrap_or(Path::new("")).join(location);
            let child = Self::load_at(&child, &arguments, source, level + 1)?;
            // Loaded at once, because the next one may use its outputs.
            template.nested.insert(id, child);
        }
        Ok(template)
    }

    /// Every nested stack: its id, its template's location, and its Parameters.
    fn nested_stacks(&self) -> Result<Vec<(String, String, Value)>, DeploymentError> {
        let mut stacks = Vec::new();
        for resource in self.resources()? {
            let place = match resource.kind {
                "AWS::Serverless::Application" => "Location",
                "AWS::CloudFormation::Stack" => "TemplateURL",
                _ => continue,
            };
            let at = format!("Resources.{}.Properties", resource.id);
            let location = self.text_at(resource.body, &["Properties", place], &at)?;
            let arguments = resource.body.pointer("/Properties/Parameters");
            let arguments = arguments.cloned().unwrap_or_default();
            stacks.push((resource.id.to_owned(), location, arguments));
        }
        Ok(stacks)
    }

    /// The arguments of a nested stack. An unknown argument is not an error yet:
    /// alarms take ids that only AWS knows, and alarms are not served.
    fn arguments(&self, arguments: &Value, id: &str) -> Result<Arguments, DeploymentError> {
        let at = format!("Resources.{id}.Properties.Parameters");
        let entries = match arguments {
            Value::Null => return Ok(BTreeMap::new()),
            Value::Object(entries) => entries,
            _ => return Err(self.error(at, "must be a mapping of strings")),
        };
        let argument = |(name, value): (&String, &Value)| {
            let alone = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
            let text = self.texts(&alone, &at).map(|mut texts| texts.remove(name));
            match text {
                Ok(Some(text)) => Some((name.clone(), Ok(text))),
                // With AWS::NoValue the parameter keeps its default.
                Ok(None) => None,
                Err(error) => Some((name.clone(), Err(error.to_string()))),
            }
        };
        Ok(entries.iter().filter_map(argument).collect())
    }

    fn resolve_parameters(
        &self,
        given: &Arguments,
    ) -> Result<BTreeMap<String, Parameter>, DeploymentError> {
        let declared = self.section("Parameters")?;
        if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
            let problem = "is given but not declared: remove it or declare it";
            return Err(self.error(format!("Parameters.{unknown}"), problem));
        }
        let mut parameters = BTreeMap::new();
        for (name, declaration) in declared {
            let at = format!("Parameters.{name}");
            let default = declaration.get("Default").and_then(plain_text);
            let text = match given.get(name).cloned().or(default.map(Ok)) {
                Some(Ok(text)) => text,
                Some(Err(problem)) => {
                    parameters.insert(name.clone(), Parameter::OnlyOnAws(problem));
                    continue;
                }
                None => {
                    return Err(self.error(&at, "has no value: pass one or give it a Default"));
                }
            };
            if let Some(Value::Array(allowed)) = declaration.get("AllowedValues")
                && !allowed
                    .iter()
                    .filter_map(plain_text)
                    .any(|value| value == text)
            {
                return Err(self.error(&at, format!("`{text}` is not one of its AllowedValues")));
            }
            let value = match declaration.get("Type").and_then(Value::as_str) {
                Some("String" | "Number") => Value::String(text),
                Some("CommaDelimitedList") => text
                    .split(',')
                    .map(|part| Value::String(part.trim().to_owned()))
                    .collect(),
                _ => {
                    return Err(
                        self.error(&at, "its Type must be String, Number or CommaDelimitedList")
                    );
                }
            };
            parameters.insert(name.clone(), Parameter::Known(value));
        }
        Ok(parameters)
    }

    /// This template and every nested one, parents first.
    pub(super) fn all(&self) -> Vec<&Template> {
        let mut all = vec![self];
        all.extend(self.nested.values().flat_map(Template::all));
        all
    }

    /// The resources whose condition is true.
    pub(super) fn resources(&self) -> Result<Vec<Resource<'_>>, DeploymentError> {
        let mut resources = Vec::new();
        for (id, body) in self.section("Resources")? {
            let at = format!("Resources.{id}");
            let kind = body.get("Type").and_then(Value::as_str);
            let kind = kind.ok_or_else(|| self.error(&at, "has no Type"))?;
            let exists = match body.get("Condition") {
                Some(name) => self.condition(name, &at, 0)?,
                None => true,
            };
            if exists {
                resources.push(Resource { id, kind, body });
            }
        }
        Ok(resources)
    }

    /// A top-level mapping of the template; empty when it is absent.
    pub(super) fn section(&self, name: &str) -> Result<&Map<String, Value>, DeploymentError> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        let root = self.root.as_object();
        let root = root.ok_or_else(|| self.error("(top)", "must be a mapping with Resources"))?;
        match root.get(name) {
            None | Some(Value::Null) => Ok(&EMPTY),
            Some(Value::Object(section)) => Ok(section),
            Some(_) => Err(self.error(name, "must be a mapping")),
        }
    }

    /// Evaluates the value at `keys` below `body`, as a string.
    pub(super) fn text_at(
        &self,
        body: &Value,
        keys: &[&str],
        at: &str,
    ) -> Result<String, DeploymentError> {
        let found = keys.iter().try_fold(body, |value, key| value.get(key));
        let last = keys.last().copied().unwrap_or_default();
        let found = found.ok_or_else(|| self.error(at, format!("has no {last}")))?;
        let evaluated = self.evaluate(found, at)?;
        plain_text(&evaluated).ok_or_else(|| self.error(at, format!("{last} must be a string")))
    }

    /// Evaluates a mapping of strings; a list becomes one string, joined by commas.
    pub(super) fn texts(
        &self,
        value: &Value,
        at: &str,
    ) -> Result<BTreeMap<String, String>, DeploymentError> {
        let Value::Object(entries) = self.evaluate(value, at)? else {
            return Err(self.error(at, "must be a mapping of strings"));
        };
        let text = |(name, value): (String, Value)| {
            let text = match &value {
                Value::Array(items) => items
                    .iter()
                    .map(plain_text)
                    .collect::<Option<Vec<_>>>()
                    .map(|items| items.join(",")),
                other => plain_text(other),
            };
            match text {
                Some(text) => Ok((name, text)),
                None => Err(self.error(format!("{at}.{name}"), "must be a string")),
            }
        };
        entries.into_iter().map(text).collect()
    }

    pub(super) fn error(
        &self,
        at: impl std::fmt::Display,
        problem: impl Into<String>,
    ) -> DeploymentError {
        DeploymentError::at(&self.file, at, problem)
    }
}

/// CloudFormation has one scalar type: 60 and true are strings too.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
