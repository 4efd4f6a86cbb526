# The commands of this project by name: https://just.systems. `just` lists them.
# Nothing here is needed: each recipe is one line that can be typed as well.

set shell := ["bash", "-euo", "pipefail", "-c"]

# List the recipes
default:
    @just --list

# Start the local world at http://127.0.0.1:8787; `just run --help` lists the flags
run *arguments:
    cargo run -- {{arguments}}

# Send a Stripe story to the running local world; `just stripe list` names them
stripe *arguments:
    cargo run -p local -- stripe {{arguments}}

# Run every test that needs nothing but Rust; a name runs the tests that contain it
test *filter:
    cargo test --workspace {{filter}}

# Run the tests of the credit rules alone: seconds, no tables
test-domain *filter:
    cargo test -p domain {{filter}}

# Run every order of every Stripe story through the tables: over an hour
test-stories:
    STORIES=all cargo test -p tests stripe -- --nocapture

# Check formatting and lints; warnings are errors
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- --deny warnings

# Format the sources
format:
    cargo fmt --all

# Build the documentation of all packages; warnings are errors
doc:
    RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps

# Try inputs that a fuzzer makes up on every target; `just fuzz --target event --seconds 600` for one
fuzz *arguments:
    cargo run --profile sim -p fuzz -- {{arguments}}

# Check licences, sources, advisories and banned crates (needs `just tools`)
deny:
    PATH="$PWD/.venv/bin:$PATH" cargo deny check

# Make the archives, the SBOM and their hashes of what `just build-functions` has built
release-files folder:
    .venv/bin/python3 infra/runbooks/release-files.py {{folder}}

# Run every check, as on each change; installs pinned tools into .venv
ci:
    .ci/run

# Install the pinned tools that build, deploy and judge the templates into .venv
tools:
    python3 -m venv .venv
    .venv/bin/pip install --quiet --requirement tests/outside-requirements.txt

# Measure speed and cost on this machine; `just bench --only cold,warm` for some tables
bench *arguments:
    cargo run --release -p bench -- {{arguments}}

# Build the functions for AWS and check what each archive weighs (needs `just tools`)
build-functions architecture="arm64":
    PATH="$PWD/.venv/bin:$PATH" sam build --parameter-overrides Architecture={{architecture}}
    python3 tests/outside/weigh.py

# Judge the templates without an account: linters, SAM, the rules in infra/rules, the emulator (needs `just tools`)
check-templates:
    PATH="$PWD/.venv/bin:$PATH" OUTSIDE=1 cargo test -p tests outside

# Show what a deployment to a stage would change, and change nothing (needs AWS credentials)
deploy-dry stage="dev":
    PATH="$PWD/.venv/bin:$PATH" sam build
    PATH="$PWD/.venv/bin:$PATH" infra/runbooks/deploy.sh {{stage}} --no-execute-changeset

# Deploy a stage; `prod` shows the change set and asks first (needs AWS credentials)
deploy stage="dev":
    PATH="$PWD/.venv/bin:$PATH" sam build
    PATH="$PWD/.venv/bin:$PATH" infra/runbooks/deploy.sh {{stage}}

# Apply reference data and demo users to a local world that serves its tables on port 8000
seed:
    cargo run -p seeds -- apply --endpoint-url http://127.0.0.1:8000

# Check every balance of a local world that serves its tables on port 8000
verify:
    cargo run -p ops --bin creditsctl -- verify --all --endpoint-url http://127.0.0.1:8000
