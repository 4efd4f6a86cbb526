"""Rehearses a deployment of the whole stack on an emulator of AWS that runs the real
functions: deployed with infra/runbooks/deploy.sh, seeded, called with tokens of its
user pool, charged in parallel, called by Stripe, stopped, started, moved back to the
version before, restored, and deleted; each runbook as it is printed.

    stack.py FOLDER SEEDS CREDITSCTL

FOLDER has a `bootstrap` for each function, as `sam build` makes them; SEEDS and
CREDITSCTL are the operator's tools. Prints one line, or exits with 1.

The template is not bent for the emulator: what it cannot do is left out or written
another way here, and LEFT_OUT names all of it. What a green run does not prove is in
docs/testing.md.
"""

import concurrent.futures
import contextlib
import hashlib
import hmac
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import boto3

from templates import MAIN, ROOT, sources, translated

STAGE = "dev"
STACK, REGION = "credits-dev", "eu-west-1"
#: Kinds of resources that the emulator does not have, with how many there are.
LEFT_OUT = {
    "AWS::CodeDeploy::Application": 1,
    "AWS::CodeDeploy::DeploymentGroup": 7,
    # Alarms on several metrics.
    "AWS::CloudWatch::Alarm": 7,
}
SECRET = "whsec_" + "rehearsal0" * 4
FUNCTIONS = 8
BUCKET = "rehearsal"


def run(*command, **settings):
    """Runs a command of the operator's and hands back what it prints."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False, **settings)
    if ran.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{ran.stdout[-2000:]}{ran.stderr[-4000:]}")
    return ran.stdout


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def emulator(folder):
    """The emulator on loopback; the functions it starts get these variables too."""
    url = f"http://127.0.0.1:{free_port()}"
    variables = {
        **os.environ,
        "GATEWAY_PORT": url.rsplit(":", 1)[1],
        "BIND_HOST": "127.0.0.1",
        # Otherwise one listener opens on all addresses.
        "IOT_MTLS_ENABLED": "0",
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": url,
    }
    with open(folder / "emulator.log", "w") as log:
        process = subprocess.Popen([shutil.which("ministack")], cwd=folder, env=variables, stdout=log, stderr=log)
        try:
            for _ in range(300):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{url}/_ministack/health", timeout=2)
                    break
                if process.poll() is not None:
                    raise AssertionError((folder / "emulator.log").read_text()[-4000:])
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait()


def routes_of(body):
    """Method, path, and what API Gateway does there, from the API's document."""
    for path, methods in body["paths"].items():
        for method, said in methods.items():
            if not method.startswith("x-"):
                yield f"{method.upper()} {path}", said


def expanded(resources):
    """The HTTP API's document as resources of their own: the emulator ignores one."""
    body = resources["Api"]["Properties"].pop("Body")
    resources["Api"]["Properties"] |= {"Name": STACK, "ProtocolType": "HTTP"}
    resources["Api"]["Properties"].pop("FailOnWarnings", None)
    gate = body["components"]["securitySchemes"]["Tokens"]["x-amazon-apigateway-authorizer"]
    resources["Tokens"] = {
        "Type": "AWS::ApiGatewayV2::Authorizer",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "Name": "Tokens",
            "AuthorizerType": "JWT",
            "IdentitySource": [gate["identitySource"]],
            "JwtConfiguration": {"Issuer": gate["jwtConfiguration"]["issuer"], "Audience": gate["jwtConfiguration"]["audience"]},
        },
    }
    keys = []
    for number, (key, said) in enumerate(routes_of(body)):
        uri = said["x-amazon-apigateway-integration"]["uri"]
        resources[f"Integration{number}"] = {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY", "IntegrationUri": uri, "PayloadFormatVersion": "2.0"},
        }
        properties = {"ApiId": {"Ref": "Api"}, "RouteKey": key, "Target": {"Fn::Sub": f"integrations/${{Integration{number}}}"}}
        for scopes in said.get("security", []):
            if "Tokens" in scopes:
                properties |= {"AuthorizationType": "JWT", "AuthorizerId": {"Ref": "Tokens"}, "AuthorizationScopes": scopes["Tokens"]}
        resources[f"Route{number}"] = {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}
        keys.append(key)
    return keys


def without_what_is_missing(document, left_out):
    """Drops the resources in LEFT_OUT and counts them."""
    for name, resource in list(document["Resources"].items()):
        kind = resource["Type"]
        is_one_metric = kind == "AWS::CloudWatch::Alarm" and "Metrics" not in resource["Properties"]
        if kind in LEFT_OUT and not is_one_metric:
            del document["Resources"][name]
            left_out[kind] = left_out.get(kind, 0) + 1
        elif kind == "AWS::Lambda::Alias":
            # CodeDeploy would move it.
            resource.pop("UpdatePolicy", None)
    return document


def prepare(project, bootstraps):
    """A project as `sam build` leaves it, with the runbooks; the keys of its routes."""
    build = project / ".aws-sam/build"
    (build / "infra").mkdir(parents=True)
    shutil.copytree(ROOT / "infra/runbooks", project / "infra/runbooks")
    # SAM would make its bucket by a template of its own, which the emulator cannot read.
    settings = (ROOT / "samconfig.toml").read_text()
    (project / "samconfig.toml").write_text(settings.replace("resolve_s3 = true", f's3_bucket = "{BUCKET}"'))
    left_out, keys = {}, []
    for path, source in sources().items():
        document = without_what_is_missing(translated(source), left_out)
        if path == MAIN:
            keys = expanded(document["Resources"])
            for name, resource in document["Resources"].items():
                if resource["Type"] == "AWS::SecretsManager::Secret":
                    # The emulator's random values have the punctuation that was excluded.
                    length = resource["Properties"].pop("GenerateSecretString")["PasswordLength"]
                    resource["Properties"]["SecretString"] = secrets.token_hex(length // 2)
                if resource["Type"] == "AWS::Lambda::Function":
                    (build / name).mkdir()
                    shutil.copy(bootstraps / name / "bootstrap", build / name)
                    resource["Properties"]["Code"] = name
                    resource["Properties"]["Architectures"] = ["x86_64"]
        if path != "infra/edge.yaml":
            target = build / ("template.yaml" if path == MAIN else path)
            target.write_text(json.dumps(document))
    assert left_out == LEFT_OUT, f"left out {left_out}, and the list in {__file__} has {LEFT_OUT}"
    for command in (["init", "-q"], ["-c", "user.name=r", "-c", "user.email=r@example.com", "commit", "-q", "--allow-empty", "-m", "r"]):
        run("git", *command, cwd=project)
    return keys


#: `creditsctl` for the runbooks: the emulator has the API at a path of its own, and its
#: CloudFormation leaves the expiry of tables out.
WRAPPER = """#!/usr/bin/env python3
import os, re, sys
import boto3
url, program = {url!r}, {program!r}
client = boto3.client("dynamodb", endpoint_url=url, region_name={region!r})
for name in [sys.argv[number] for number, word in enumerate(sys.argv[1:], 2) if word.endswith("-table")]:
    if client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
        client.update_time_to_live(TableName=name, TimeToLiveSpecification={{"AttributeName": "expires_at", "Enabled": True}})
api = re.compile(r"^https://([a-z0-9]+)[.]execute-api[.][^/]*$")
words = [api.sub(lambda it: url + "/_aws/execute-api/" + it[1] + "/$default", word) for word in sys.argv[1:]]
os.execv(program, [program, *words, "--endpoint-url", url])
"""


class Stack:
    """The deployed stack, its operator and its callers."""

    def __init__(self, url, project, tools):
        self.url, self.project, self.tools = url, project, tools
        self.client = lambda name: boto3.client(name, endpoint_url=url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
        self.environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SAM_CLI_TELEMETRY": "0",
            "AWS_PAGER": "",
        }
        self.outputs, self.origin = {}, ""
        wrapper = project.parent / "creditsctl"
        wrapper.write_text(WRAPPER.format(url=url, program=str(tools["creditsctl"]), region=REGION))
        wrapper.chmod(0o755)
        self.environment["CREDITSCTL"] = str(wrapper)

    def runbook(self, name, *arguments):
        return run("bash", f"infra/runbooks/{name}.sh", STAGE, *arguments, cwd=self.project, env=self.environment)

    def tool(self, tool, *arguments, tables=None):
        tables = tables or [self.outputs[name] for name in ("UsersTable", "CreditsTable", "BillingTable", "NoticesTable")]
        names = [part for pair in zip(("--users-table", "--credits-table", "--billing-table", "--notices-table"), tables) for part in pair]
        return run(self.tools[tool], *arguments, "--endpoint-url", self.url, "--region", REGION, *names, env=self.environment)

    def describe(self):
        (stack,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), stack["StackStatus"]
        self.outputs = {it["OutputKey"]: it["OutputValue"] for it in stack["Outputs"]}

    def call(self, method, path, token=None, body=None, headers=None):
        """Status and JSON of one request to the API."""
        api = self.outputs["ApiHost"].split(".")[0]
        request = urllib.request.Request(f"{self.url}/_aws/execute-api/{api}/$default{path}", method=method, data=body)
        for name, value in {"content-type": "application/json", "x-origin-verify": self.origin, **(headers or {})}.items():
            request.add_header(name, value)
        if token:
            request.add_header("authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else text.decode()

    def service_token(self):
        """As docs/deploy.md has it: the client's secret, then a token of the pool."""
        pool, client = self.outputs["UserPoolId"], self.outputs["ServiceClientId"]
        described = self.client("cognito-idp").describe_user_pool_client(UserPoolId=pool, ClientId=client)
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": described["UserPoolClient"]["ClientSecret"]}
        with urllib.request.urlopen(f"{self.url}/oauth2/token", data=urllib.parse.urlencode(form).encode()) as answer:
            return json.loads(answer.read())["access_token"]

    def concurrency(self):
        client = self.client("lambda")
        return {client.get_function_concurrency(FunctionName=it).get("ReservedConcurrentExecutions") for it in self.functions()}

    def functions(self):
        found = self.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        return [it["PhysicalResourceId"] for it in found if it["ResourceType"] == "AWS::Lambda::Function"]


def signed(body, secret=SECRET):
    """Stripe's header for a body."""
    now = str(int(time.time()))
    signature = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={now},v1={signature}"}


def streamed(stack, key):
    """The image of an entry on the stream of the credits table, as `notify` gets it."""
    streams = stack.client("dynamodbstreams")
    arn = stack.client("dynamodb").describe_table(TableName=stack.outputs["CreditsTable"])["Table"]["LatestStreamArn"]
    for _ in range(50):
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
            while iterator:
                page = streams.get_records(**{"ShardIterator": iterator.get("ShardIterator") or iterator["NextShardIterator"]})
                for record in page["Records"]:
                    image = record["dynamodb"].get("NewImage", {})
                    if record["eventName"] == "INSERT" and image.get("sk", {}).get("S", "").endswith(f"#{key}"):
                        return image
                iterator = page if page["Records"] and page.get("NextShardIterator") else None
        time.sleep(0.1)
    raise AssertionError(f"no entry of {key} on the stream")


def results(said):
    """The lines of the doctor: what each check found."""
    lines = [line.split(": ", 2) for line in said.splitlines() if line.count(": ") >= 2]
    return {name: result for name, result, _ in lines if result in ("ok", "skipped", "FAILED")}


def charge(stack, token, key, amount):
    body = json.dumps({"amount": str(amount), "operation": "chat"}).encode()
    return stack.call("POST", "/api/users/free-user/charges", token, body, {"idempotency-key": key})


def rehearse(stack, keys):
    stack.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    # Refused before anything is made, as the release is not named.
    refused = subprocess.run(["sam", "deploy", "--config-env", STAGE], cwd=stack.project, env=stack.environment, capture_output=True, text=True, check=False)
    assert refused.returncode != 0 and "infra/runbooks/deploy.sh" in refused.stdout + refused.stderr, refused.stderr[-2000:]
    assert not [it for it in stack.client("cloudformation").list_stacks()["StackSummaries"] if it["StackStatus"] == "CREATE_COMPLETE"]

    # Guarded by the edge's secret, which the runbook makes and never prints.
    said = stack.runbook("rotate-origin", "first")
    digest = said.split("OriginDigests=")[1].split()[0]
    kept = boto3.client("secretsmanager", endpoint_url=stack.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    stack.origin = kept.get_secret_value(SecretId=f"{STACK}-origin")["SecretString"]
    assert hashlib.sha256(stack.origin.encode()).hexdigest() == digest and stack.origin not in said

    said = stack.runbook("deploy", "LogRetentionDays=14", "Edge=required", f"OriginDigests={digest}")
    assert "is what callers get" in said, said
    # It ends with the doctor, who has no token and no key of Stripe's yet.
    found = results(said)
    assert found["api"] == found["webhook, signed"] == found["table of credits"] == "ok", said
    assert found["token"] == found["key of Stripe"] == "skipped", said
    stack.describe()
    deployed = stack.client("apigatewayv2").get_routes(ApiId=stack.outputs["ApiHost"].split(".")[0])["Items"]
    assert sorted(it["RouteKey"] for it in deployed) == sorted(keys), "the deployed routes are not the template's"
    assert len(stack.functions()) == FUNCTIONS

    stack.tool("seeds", "apply", "--client-id", stack.outputs["DesktopClientId"])
    token = stack.service_token()
    status, shown = stack.call("GET", "/api/users/free-user/credits", token)
    assert status == 200, shown
    before = shown["totalAvailable"]
    for beside in ("", "x" + stack.origin):
        status, answer = stack.call("GET", "/api/users/free-user/credits", token, headers={"x-origin-verify": beside})
        assert (status, answer["error"]) == (404, "not_found"), answer
    for wrong in (None, token + "x"):
        assert stack.call("GET", "/api/users/free-user/credits", wrong)[0] == 401
    assert stack.call("GET", "/api/user/credits", token)[0] == 403

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: charge(stack, token, f"call-{number % 16}", 1), range(32)))
    assert all(status in (200, 201) for status, _ in answers), answers
    after = stack.call("GET", "/api/users/free-user/credits", token)[1]["totalAvailable"]
    assert before - after == 16, (before, after)
    image = streamed(stack, "call-0")
    assert image["entity"]["S"] == "Entry" and image["kind"]["S"] == "charge", image

    # The secret is read from Secrets Manager, as the operator stores it.
    stack.client("secretsmanager").put_secret_value(SecretId=stack.outputs["StripeWebhookSecret"], SecretString=SECRET)
    event = json.loads((ROOT / "events/post-stripe-webhook.json").read_text())["body"].encode()
    for secret, expected in [(SECRET + "x", 400), (SECRET, 200), (SECRET, 200)]:
        # A secret is looked for again half a minute after the last doubt, which was the
        # doctor's; meanwhile deliveries are refused, and sent again, as Stripe does.
        for _ in range(40):
            status, answer = stack.call("POST", "/webhooks/stripe", body=event, headers=signed(event, secret))
            if status == expected:
                break
            time.sleep(1)
        assert status == expected, answer

    # With a token the doctor tries a charge; with another secret it fails and says so.
    stack.environment["API_TOKEN"] = token
    found = results(stack.runbook("doctor"))
    assert found["token"] == found["dry charge"] == found["webhook, signed"] == "ok", found
    assert "FAILED" not in found.values() and found["table of notices"] == "ok", found
    wrong = {**stack.environment, "API_TOKEN": token + "x"}
    failed = subprocess.run(["bash", "infra/runbooks/doctor.sh", STAGE], cwd=stack.project, env=wrong, capture_output=True, text=True, check=False)
    assert failed.returncode == 3 and results(failed.stdout)["token"] == "FAILED", failed.stdout + failed.stderr

    # The emulator calls a function whatever its concurrency, so what is set is read.
    assert stack.concurrency() == {None}
    stack.runbook("stop")
    assert stack.concurrency() == {0}
    second = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    said = stack.runbook("restore", second, "rehearsed")
    tables = [f"{STACK}-{name}-rehearsed" for name in ("users", "credits", "billing", "notices")]
    assert all(table in said for table in tables), said
    assert stack.runbook("restore", second, "rehearsed") != "", "it can be started again"
    for table in tables:
        protected = stack.client("dynamodb").describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"]
        assert protected, table
    for names in (None, tables):
        said = stack.tool("creditsctl", "verify", "--all", tables=names)
        assert "0 findings" in said or "no finding" in said.lower(), said
    stack.runbook("start")
    assert stack.concurrency() == {None}
    status, answer = charge(stack, token, "call-started", 1)
    assert status == 201, answer

    # Another version is published; back is the first one again.
    for function in stack.functions():
        client = stack.client("lambda")
        client.update_function_configuration(FunctionName=function, Description="the next release")
        version = client.publish_version(FunctionName=function)["Version"]
        client.update_alias(FunctionName=function, Name="live", FunctionVersion=version)
    said = stack.runbook("back")
    assert said.count("is at version 1, and was at 2") == FUNCTIONS, said
    assert charge(stack, token, "call-back", 1)[0] == 201

    # Deleted. The emulator does not retain what a nested stack has, so the restored
    # tables and a pool of that name stand for what is left.
    stack.client("cognito-idp").create_user_pool(PoolName=f"{STACK}-Identity-1-UserPool", DeletionProtection="ACTIVE")
    cloudformation = stack.client("cloudformation")
    cloudformation.delete_stack(StackName=STACK)
    for _ in range(100):
        stacks = [it for it in cloudformation.list_stacks()["StackSummaries"] if it["StackName"] == STACK]
        if all(it["StackStatus"] == "DELETE_COMPLETE" for it in stacks):
            break
        time.sleep(0.1)
    said = stack.runbook("leftovers")
    commands = [line for line in said.splitlines() if line.startswith("aws ")]
    assert len([line for line in commands if "delete-table" in line]) == 4, said
    assert len([line for line in commands if "delete-user-pool" in line]) == 1, said
    for command in commands:
        run("bash", "-c", command, env=stack.environment)
    assert stack.runbook("leftovers") == ""


def main(bootstraps, seeds, creditsctl):
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        project.mkdir()
        keys = prepare(project, Path(bootstraps))
        with emulator(Path(folder)) as url:
            stack = Stack(url, project, {"seeds": seeds, "creditsctl": creditsctl})
            try:
                rehearse(stack, keys)
            except Exception:
                print((Path(folder) / "emulator.log").read_text()[-6000:], file=sys.stderr)
                raise
    print(f"{len(keys)} routes of {FUNCTIONS} functions deployed, called, stopped, restored, moved back and deleted")


if __name__ == "__main__":
    main(*sys.argv[1:])
