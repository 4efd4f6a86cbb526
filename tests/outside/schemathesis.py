"""Schemathesis against a local world: `schemathesis.py URL`. It fails on any finding, and
when fewer than 5,000 requests were sent."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request
import uuid

FOLDER = pathlib.Path(__file__).parent / "schemathesis"
FEWEST = 5_000
OF_USERS = "credits.read user.info models.read billing.manage"


def local(url, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json"})
    # A proxy of the machine's environment has no place between the two.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        return json.load(answer)


def token(url, **order):
    # Longer than any run, whose clock may stand still or not.
    return local(url, "/_local/token", {**order, "expiresIn": 86_400})["access_token"]


def run(url, report):
    world = local(url, "/_local")
    if not local(url, "/_local/clock")["frozen"]:
        local(url, "/_local/clock", {"frozen": True})
        world = local(url, "/_local")
    variables = {
        "NO_PROXY": "127.0.0.1",
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(FOLDER),
        "USER_TOKEN": token(url, user="pro-user", scope=OF_USERS),
        "SERVICE_TOKEN": token(url, client="inference-service", scope="credits.charge"),
        "WEBHOOK_SECRET": world["stripeWebhookSecret"],
        "WORLD_TIME": world["now"],
        # Keys of another run at the same world are used up.
        "RUN": uuid.uuid4().hex[:8],
    }
    command = [sys.executable, "-m", "schemathesis.cli"]
    command += ["--config-file", str(FOLDER / "schemathesis.toml")]
    command += ["run", f"{url}/openapi.yaml", "--url", url, "--no-color"]
    command += ["--report-ndjson-path", str(report)]
    return subprocess.run(command, env={**os.environ, **variables}).returncode


def main():
    url = sys.argv[1].rstrip("/")
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.ndjson"
        failed = run(url, report)
        sent = report.read_text().count('"status_code":')
    print(f"{sent} requests were sent")
    if failed:
        sys.exit("Schemathesis has findings: mend the API or its description (docs/testing.md)")
    if sent < FEWEST:
        sys.exit(f"only {sent} requests were sent: raise max-examples in schemathesis.toml")


main()
