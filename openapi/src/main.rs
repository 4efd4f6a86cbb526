//! `cargo run -p openapi -- write` writes both documents; without `write` it only says
//! whether they are what the code says.

use std::process::ExitCode;

const USAGE: &str = "usage: openapi [write]\n\nWithout `write` it says whether openapi.yaml and \
                     local/openapi.yaml are what the code says.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let writes = match arguments.as_slice() {
        [] => false,
        [word] if word == "write" => true,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(writes) {
        Ok(lines) => {
            println!("{lines}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("openapi: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(writes: bool) -> Result<String, String> {
    let mut lines = Vec::new();
    for document in openapi::documents()? {
        let file = openapi::root().join(document.path);
        if writes {
            let written = std::fs::write(&file, &document.text);
            written.map_err(|error| format!("{}: {error}", file.display()))?;
            lines.push(format!("{}: written", document.path));
        } else {
            openapi::check(&document)?;
            lines.push(format!("{}: as the code says", document.path));
        }
    }
    Ok(lines.join("\n"))
}
