//! How each peer that is a Lambda function is built and started.

use std::fs;
use std::process::Command;

use super::built::Built;
use super::workshop::{NotMeasured, Workshop};

/// What `package.json` of the peers asks for.
const OLDEST_NODE: u32 = 20;

/// Cargo itself knows what is up to date.
pub(super) fn textbook_rust(workshop: &Workshop) -> Result<Built, NotMeasured> {
    let versions = workshop.version("rustc", "https://rustup.rs")?;
    let manifest = workshop.sources.join("Cargo.toml");
    let cargo_folder = workshop.built.join("cargo");
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--manifest-path"]);
    build.arg(manifest).arg("--target-dir").arg(&cargo_folder);
    workshop.step(&mut build)?;

    let function = workshop.built.join("function");
    let program = function.join("bootstrap");
    workshop.done(fs::create_dir_all(&function))?;
    workshop.done(fs::copy(
        cargo_folder.join("release/textbook-rust"),
        &program,
    ))?;
    Ok(Built {
        versions,
        zip_bytes: workshop.zip_bytes(&function)?,
        program,
        arguments: Vec::new(),
        folder: function,
        trust: "SSL_CERT_FILE",
        roots: workshop.built.join("roots.pem"),
    })
}

/// `npm ci` and esbuild; `runtime.mjs` is not uploaded.
pub(super) fn node(workshop: &Workshop) -> Result<Built, NotMeasured> {
    let node = node_version(workshop)?;
    let files = [
        "package.json",
        "package-lock.json",
        "index.mjs",
        "runtime.mjs",
    ];
    workshop.build_once(&files, &node, || {
        workshop.step(&mut npm_ci(workshop))?;
        let mut bundle = Command::new("npm");
        workshop.step(bundle.args(["run", "build"]).current_dir(&workshop.built))
    })?;
    Ok(Built {
        versions: format!("Node {node}"),
        zip_bytes: workshop.zip_bytes(&workshop.built.join("function"))?,
        program: "node".into(),
        arguments: vec!["runtime.mjs".into(), "function/index.js".into()],
        folder: workshop.built.clone(),
        trust: "NODE_EXTRA_CA_CERTS",
        roots: workshop.built.join("roots.pem"),
    })
}

/// A virtual environment stands for the managed runtime; the function's own
/// packages go beside its handler, as AWS's guide has it:
/// <https://docs.aws.amazon.com/lambda/latest/dg/python-package.html>.
pub(super) fn python(workshop: &Workshop) -> Result<Built, NotMeasured> {
    let versions = workshop.version("python3", "install Python 3.10 or newer")?;
    let files = ["requirements.txt", "runtime-requirements.txt", "handler.py"];
    let runtime = workshop.built.join("runtime");
    let function = workshop.built.join("function");
    workshop.build_once(&files, &versions, || {
        let mut venv = Command::new("python3");
        workshop.step(venv.args(["-m", "venv"]).arg(&runtime))?;
        // What comes as source would be compiled for this machine alone.
        let pip = || {
            let mut pip = Command::new(runtime.join("bin/pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check"]);
            pip.args(["--no-deps", "--only-binary", ":all:"]);
            pip.current_dir(&workshop.built);
            pip
        };
        workshop.step(pip().args(["--requirement", "runtime-requirements.txt"]))?;
        let mut packages = pip();
        packages.args(["--requirement", "requirements.txt", "--target"]);
        workshop.step(packages.arg(&function))?;
        let handler = workshop.built.join("handler.py");
        workshop.done(fs::copy(handler, function.join("handler.py")))?;
        Ok(())
    })?;
    Ok(Built {
        versions,
        zip_bytes: workshop.zip_bytes(&function)?,
        program: runtime.join("bin/python"),
        arguments: ["-m", "awslambdaric", "handler.handler"]
            .map(str::to_string)
            .into(),
        folder: function,
        trust: "AWS_CA_BUNDLE",
        roots: workshop.built.join("roots.pem"),
    })
}

/// The version of Node, which must be recent enough, with npm beside it.
pub(super) fn node_version(workshop: &Workshop) -> Result<String, NotMeasured> {
    let version = workshop.version("node", "install Node 20 or newer")?;
    workshop.version("npm", "it comes with Node")?;
    if major(&version).is_some_and(|major| major >= OLDEST_NODE) {
        Ok(version)
    } else {
        let old = format!("node on PATH is {version}, not {OLDEST_NODE} or newer");
        Err(workshop.not_measured(old))
    }
}

/// `20` of `v20.20.2`.
pub(super) fn major(version: &str) -> Option<u32> {
    let number = version.trim_start_matches('v').split('.').next()?;
    number.parse().ok()
}

/// Installs exactly what the lock file says; no package runs a script.
pub(super) fn npm_ci(workshop: &Workshop) -> Command {
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    install.current_dir(&workshop.built);
    install
}
