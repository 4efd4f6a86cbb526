//! What answers requests to tables: the embedded database, or another DynamoDB.

use dynoxide::Database;
use serde_json::Value;

use super::elsewhere::Elsewhere;
use super::operations::{self, Answer};

/// Where tables are. Clones share them.
#[derive(Clone)]
pub enum Engine {
    /// In this process.
    Embedded(Database),
    /// In another program.
    Elsewhere(Elsewhere),
}

impl From<Database> for Engine {
    fn from(database: Database) -> Self {
        Engine::Embedded(database)
    }
}

impl From<Elsewhere> for Engine {
    fn from(elsewhere: Elsewhere) -> Self {
        Engine::Elsewhere(elsewhere)
    }
}

impl Engine {
    /// Runs one operation, to its end.
    pub(super) fn run(&self, operation: &str, body: Value) -> Answer {
        match self {
            Engine::Embedded(database) => operations::run(database, operation, body),
            Engine::Elsewhere(elsewhere) => elsewhere.run(operation, &body),
        }
    }
}
