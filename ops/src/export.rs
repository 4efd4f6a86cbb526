//! `creditsctl export`: all data about one user as one JSON document, however large.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use shared::domain::UserId;
use shared::store::ExportPart;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl export user-17 --file user-17.json
  creditsctl export user-17 | jq '.person, (.credits | length)'

The document has the items of the user as they are stored: person, claims, credits with the whole
ledger, billing, and notices. Amounts are in milli-credits, binary values in base64. It reads the whole
users table once, to find the claims. An existing file is not overwritten.";

/// Write all data about a user as one JSON document
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArgs {
    /// User id
    user: UserId,
    /// File to write; it must not exist [default: standard output]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: ExportArgs) -> Result<Ending, Failure> {
    let user_id = &args.user;
    let looking = context.store.is_known(user_id);
    if !context.stop.unless_asked(looking).await?? {
        return Err(Failure::Usage(format!(
            "there is no data about user {user_id}; check the id"
        )));
    }
    let Some(path) = &args.file else {
        write_document(&context, user_id, &mut |text| context.output.raw(text)).await?;
        return Ok(Ending::Done);
    };
    let place = path.display();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Personal data: for the operator alone.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let cannot = |error| Failure::Could(format!("{place} cannot be written: {error}"));
    let mut file = std::io::BufWriter::new(options.open(path).map_err(cannot)?);
    let written = write_document(&context, user_id, &mut |text| {
        file.write_all(text.as_bytes())
    })
    .await;
    let written = written.and_then(|()| file.flush().map_err(cannot));
    if written.is_err() {
        // Half a document must not be taken for a whole one.
        let _ = std::fs::remove_file(path);
    }
    written.map(|()| Ending::Done)
}

/// Writes the document item by item, so that memory stays bounded.
async fn write_document(
    context: &CommandContext,
    user_id: &UserId,
    write: &mut (dyn FnMut(&str) -> std::io::Result<()> + Send),
) -> Result<(), Failure> {
    let progress = context.progress("items exported", None);
    let (id, at) = (json!(user_id.as_str()), json!(context.now.to_string()));
    write(&format!("{{\n\"user_id\": {id},\n\"exported_at\": {at}"))?;
    for part in ExportPart::ALL {
        write(&format!(",\n\"{}\": [", part.as_str()))?;
        let mut start = None;
        let mut separator = "\n";
        loop {
            let reading = context.store.export_page(user_id, part, start);
            let (items, next) = context.stop.unless_asked(reading).await??;
            for item in items {
                write(separator)?;
                write(&item.to_string())?;
                separator = ",\n";
                progress.advance(1);
            }
            start = next;
            if start.is_none() {
                break;
            }
        }
        write("\n]")?;
    }
    write("\n}\n")?;
    Ok(())
}
