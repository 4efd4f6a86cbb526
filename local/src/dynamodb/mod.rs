//! DynamoDB inside this process: an embedded database that the AWS SDK reaches
//! without a socket, and other programs over the wire protocol. The table
//! definitions come from the templates.

mod accesses;
mod connector;
mod elsewhere;
mod engine;
mod faults;
mod meter;
mod operations;
mod steps;
mod streams;
mod tables;
mod touched;
mod transport;
#[cfg(test)]
mod transport_tests;
mod wire;

pub use accesses::{Access, Accesses};
pub use connector::{Answers, client_of};
pub use elsewhere::Elsewhere;
pub use engine::Engine;
pub use faults::{Fault, Faults, Held};
pub use meter::{Count, Meter, MeterSnapshot, Units};
pub use steps::Steps;
pub(crate) use streams::StreamReader;
pub use tables::{TableError, create_tables};
pub use touched::{Partition, Touched, TouchedSnapshot};
pub use transport::InProcessDynamoDb;
pub use wire::{WireError, serve};

use dynoxide::Database;
use std::path::{Path, PathBuf};

/// The file that holds every table when data is kept.
const FILE_NAME: &str = "dynamodb.sqlite";

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder does not exist and cannot be created.
    #[error("cannot keep data in {folder} ({source}): name a folder you may write to")]
    Folder {
        /// The folder as given.
        folder: PathBuf,
        /// The operating system's message.
        source: std::io::Error,
    },
    /// The file in the folder cannot be opened.
    #[error("cannot open {file} ({reason}): move it away to start with empty tables")]
    File {
        /// The database file.
        file: PathBuf,
        /// The database's message.
        reason: String,
    },
    /// The database in memory cannot be opened.
    #[error("cannot open a database in memory ({0}): free some memory and try again")]
    Memory(String),
}

/// Opens the database: in the folder `data`, created if missing, else in memory.
pub fn open(data: Option<&Path>) -> Result<Database, OpenError> {
    let Some(folder) = data else {
        return Database::memory().map_err(|error| OpenError::Memory(error.to_string()));
    };
    std::fs::create_dir_all(folder).map_err(|source| OpenError::Folder {
        folder: folder.to_owned(),
        source,
    })?;
    let file = folder.join(FILE_NAME);
    let refuse = |reason: String| OpenError::File {
        file: file.clone(),
        reason,
    };
    let path = file
        .to_str()
        .ok_or_else(|| refuse("its path is not UTF-8".to_owned()))?;
    Database::new(path).map_err(|error| refuse(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_used_is_named_in_one_line() {
        let scratch = tempdir();
        let blocked = scratch.join("file");
        std::fs::write(&blocked, "not a folder").unwrap();
        let message = open(Some(&blocked)).err().unwrap().to_string();
        assert!(
            message.starts_with("cannot keep data in ") && !message.contains('\n'),
            "{message}"
        );

        std::fs::write(
            scratch.join(FILE_NAME),
            "not a database, but long enough to be read as one",
        )
        .unwrap();
        let message = open(Some(&scratch)).err().unwrap().to_string();
        assert!(
            message.starts_with("cannot open ") && !message.contains('\n'),
            "{message}"
        );
        std::fs::remove_dir_all(scratch).unwrap();
    }

    #[test]
    fn a_missing_folder_is_made_and_what_it_keeps_is_there_again() {
        let folder = tempdir().join("deep/er");
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
        let issuer = [("Issuer".to_owned(), "http://issuer".to_owned())].into();
        let tables = crate::deployment::Deployment::read(&template, &issuer)
            .unwrap()
            .tables;
        let item = serde_json::json!({"pk": {"S": "USER#u"}, "sk": {"S": "ACCOUNT"}});
        let request = serde_json::json!({"TableName": "credits", "Item": item});
        let engine = Engine::from(open(Some(&folder)).unwrap());
        create_tables(&engine, &tables).unwrap();
        assert_eq!(engine.run("PutItem", request).status, 200);
        drop(engine);

        let engine = Engine::from(open(Some(&folder)).unwrap());
        create_tables(&engine, &tables).unwrap();
        let request = serde_json::json!({"TableName": "credits", "Key": item});
        assert_eq!(engine.run("GetItem", request).body["Item"], item);
        drop(engine);
        std::fs::remove_dir_all(folder.parent().and_then(Path::parent).unwrap()).unwrap();
    }

    /// An empty folder for this test process.
    fn tempdir() -> PathBuf {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = format!("local-dynamodb-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }
}
