//! The deployment that AWS would get, read from template.yaml and its nested
//! templates, so that the local world needs no list of routes or tables of its
//! own. It only reads; it starts and creates nothing.

mod cloudformation;
mod error;
mod functions;
mod parsed;
mod parts;
mod policies;
mod routes;
mod tables;
mod template;
#[cfg(test)]
mod tests;
mod yaml;

pub use error::DeploymentError;
pub use parts::{Authorizer, Function};
pub use policies::{LeadingKeys, Statement, Target};
pub use routes::Route;
pub(crate) use routes::percent_decode;
pub use tables::TableDefinition;

use std::collections::BTreeMap;
use std::path::Path;
use template::{Source, Template};

/// Everything the local world serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// The routes of the HTTP API.
    pub routes: Vec<Route>,
    /// The functions behind them.
    pub functions: Vec<Function>,
    /// The tables they use.
    pub tables: Vec<TableDefinition>,
    /// The issuer and audiences that the gateway accepts.
    pub authorizer: Authorizer,
}

impl Deployment {
    /// Reads `template` with the given parameter values over its defaults.
    pub fn read(
        template: &Path,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Self, DeploymentError> {
        Self::load(template, parameters, &|path| std::fs::read_to_string(path))
    }

    fn load(
        path: &Path,
        parameters: &BTreeMap<String, String>,
        source: Source<'_>,
    ) -> Result<Self, DeploymentError> {
        let template = Template::load(path, parameters, source)?;
        let gate = functions::gate(&template)?;
        let mut tables: Vec<TableDefinition> = Vec::new();
        for part in template.all() {
            for table in tables::read(part)? {
                if tables.iter().any(|other| other.name == table.name) {
                    return Err(part.error(
                        "Resources",
                        format!("the table {} is declared twice", table.name),
                    ));
                }
                tables.push(table);
            }
        }
        let routes = functions::routes(&template, &gate)?;
        functions::check_route_settings(&template, &routes)?;
        Ok(Self {
            routes,
            functions: functions::functions(&template)?,
            tables,
            authorizer: gate.authorizer,
        })
    }

    /// The route for a request, and its path parameters. If several match,
    /// literal segments win over parameters.
    pub fn route(
        &self,
        method: &str,
        raw_path: &str,
    ) -> Option<(&Route, BTreeMap<String, String>)> {
        let matching = self
            .routes
            .iter()
            .filter_map(|route| Some((route, route.matches(method, raw_path)?)));
        matching.min_by_key(|(route, _)| route.precedence())
    }
}
