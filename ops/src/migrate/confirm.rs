//! Asks before a migration changes anything.

use std::io::{IsTerminal, Write};

use crate::context::CommandContext;
use crate::ending::Failure;

/// Asks at a terminal unless `yes` was given. Without a terminal, only an emulator's
/// tables are changed unasked.
pub(super) fn confirm(context: &CommandContext, way: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let input = std::io::stdin();
    if !input.is_terminal() || !std::io::stderr().is_terminal() {
        return if context.is_local {
            Ok(())
        } else {
            Err(Failure::Usage(format!(
                "`migrate {way}` changes every table; look at `migrate {way} --dry-run`, then run it with --yes"
            )))
        };
    }
    eprint!("`migrate {way}` changes every table. Go on? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    let problem = "nothing was changed".to_string();
    Err(Failure::Could(problem))
}
