"""Holds parameters against what the templates say about them, as CloudFormation
does before it changes anything: patterns, bounds, allowed values, and Rules.

The rule functions are evaluated here, because no linter evaluates them. Each
refusal below must be told by exactly the named rule or parameter, and every rule
must have a refusal. Prints what was checked, or exits with 1.
"""

import re
import sys

from templates import MAIN, sources

EDGE = "infra/edge.yaml"
DIGEST, OTHER = "a" * 64, "b" * 64
CERTIFICATE = "arn:aws:acm:%s:123456789012:certificate/0f"
SENDER = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"
#: What a deployment names at least.
GIVEN = {
    MAIN: {"AWS::Region": "eu-central-1", "ReleaseDigest": DIGEST},
    EDGE: {
        "AWS::Region": "us-east-1",
        "ApiHost": "a1b2c3.execute-api.eu-central-1.amazonaws.com",
        "OriginSecretId": "arn:aws:secretsmanager:us-east-1:123456789012:secret:credits-prod-origin-AbCdEf",
        "OriginSecretVersion": "0f0f0f0f-0000-4000-8000-000000000000",
    },
}
DOMAIN = {"DomainName": "api.example.com", "CertificateArn": CERTIFICATE % "eu-central-1"}
MAIL = {"MailFrom": "hello@example.com", "MailIdentityArn": SENDER, "PublicUrl": "https://api.example.com"}
OWN = {"Issuer": "https://id.example.com", "TokenEndpoint": "https://id.example.com/token", "JwksUri": "https://id.example.com/keys"}
TAKEN = [
    (MAIN, {}),
    (MAIN, DOMAIN),
    (MAIN, {**DOMAIN, "DefaultEndpoint": "disabled", "HostedZoneId": "Z0123"}),
    (MAIN, {"Edge": "required", "OriginDigests": f"{DIGEST},{OTHER}"}),
    (MAIN, MAIL),
    (MAIN, {**OWN, **MAIL}),
    (MAIN, {**OWN, "ScopePrefix": ""}),
    (MAIN, {"ReservedConcurrency": "100", "StripeRate": "1", "CorsOrigins": "https://app.example.com,http://localhost:3000"}),
    (MAIN, {"WarmReads": "24000", "WarmWrites": "12000"}),
    (MAIN, {"Rollout": "Canary10Percent10Minutes", "StripeSilenceHours": "24"}),
    (EDGE, {}),
    (EDGE, {"DomainName": "api.example.com", "CertificateArn": CERTIFICATE % "us-east-1", "HostedZoneId": "Z0123"}),
]
REFUSED = [
    (MAIN, {"ReleaseDigest": "0" * 64}, "ReleaseIsNamed"),
    (MAIN, {"ReleaseDigest": "v0.1.0"}, "ReleaseDigest"),
    (MAIN, {**OWN, "TokenEndpoint": ""}, "IssuerIsComplete"),
    (MAIN, {**OWN, "JwksUri": ""}, "IssuerIsComplete"),
    (MAIN, {"ScopePrefix": ""}, "CognitoNeedsScopePrefix"),
    (MAIN, {**MAIL, "MailIdentityArn": ""}, "MailNeedsIdentity"),
    (MAIN, {**MAIL, "PublicUrl": ""}, "MailNeedsPublicUrl"),
    (MAIN, {"PublicUrl": "https://api.example.com/"}, "PublicUrl"),
    (MAIN, {"MailIdentityArn": SENDER}, "MailIdentityNeedsAddress"),
    (MAIN, {**MAIL, "MailFrom": "example.com"}, "MailFrom"),
    (MAIN, {"DomainName": "api.example.com"}, "DomainNeedsCertificate"),
    (MAIN, {"CertificateArn": CERTIFICATE % "eu-central-1"}, "CertificateNeedsDomain"),
    (MAIN, {"HostedZoneId": "Z0123"}, "ZoneNeedsDomain"),
    (MAIN, {"DefaultEndpoint": "disabled"}, "DisabledEndpointNeedsDomain"),
    (MAIN, {"WarmReads": "24000"}, "WarmReadsNeedWrites"),
    (MAIN, {"WarmWrites": "12000"}, "WarmWritesNeedReads"),
    (MAIN, {"WarmReads": "24000", "WarmWrites": "3999"}, "WarmWrites"),
    (MAIN, {"Edge": "required"}, "EdgeNeedsItsSecret"),
    (MAIN, {"OriginDigests": "the-secret-itself"}, "OriginDigests"),
    (MAIN, {"UserRate": "0"}, "UserRate"),
    (MAIN, {"StripeBurst": "0"}, "StripeBurst"),
    (MAIN, {"ServiceRate": "-1"}, "ServiceRate"),
    (MAIN, {"TokenRate": "100001"}, "TokenRate"),
    (MAIN, {"ReservedConcurrency": "0"}, "ReservedConcurrency"),
    (MAIN, {"Rollout": "AllAtNight"}, "Rollout"),
    (MAIN, {"StripeSilenceHours": "25"}, "StripeSilenceHours"),
    (MAIN, {"CorsOrigins": "*"}, "CorsOrigins"),
    (EDGE, {"AWS::Region": "eu-central-1"}, "OnlyInNorthVirginia"),
    (EDGE, {"DomainName": "api.example.com"}, "DomainNeedsCertificate"),
    (EDGE, {"CertificateArn": CERTIFICATE % "us-east-1"}, "CertificateNeedsDomain"),
    (EDGE, {"DomainName": "api.example.com", "CertificateArn": CERTIFICATE % "eu-central-1"}, "CertificateArn"),
    (EDGE, {"HostedZoneId": "Z0123"}, "ZoneNeedsDomain"),
    (EDGE, {"DomainName": GIVEN[EDGE]["ApiHost"], "CertificateArn": CERTIFICATE % "us-east-1"}, "PublicNameIsNotTheOrigins"),
    (EDGE, {"ApiHost": "https://api.example.com/"}, "ApiHost"),
    (EDGE, {"AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms"}, "AlarmTopicArn"),
    (EDGE, {"CallsPerAddress": "9"}, "CallsPerAddress"),
]


def value(node, values):
    """A literal, or what a Ref stands for."""
    return values[node["Ref"]] if isinstance(node, dict) else node


def holds(node, values):
    """Evaluates one rule function."""
    ((name, argument),) = node.items()
    if name == "Fn::Equals":
        left, right = (value(part, values) for part in argument)
        return left == right
    if name == "Fn::Not":
        return not holds(argument[0], values)
    raise ValueError(f"{name} is not evaluated here: teach it to tests/outside/contradictions.py")


def parameter_takes(declared, text):
    if "AllowedValues" in declared and text not in [str(it) for it in declared["AllowedValues"]]:
        return False
    if "AllowedPattern" in declared and not re.search(declared["AllowedPattern"], text):
        return False
    if declared["Type"] == "Number":
        return declared.get("MinValue", 0) <= int(text) <= declared.get("MaxValue", int(text))
    return True


def told(template, given):
    """What refuses these parameters: names of parameters and of rules."""
    declared = template["Parameters"]
    values = {name: str(it["Default"]) for name, it in declared.items() if "Default" in it} | given
    missing = declared.keys() - values.keys()
    refusing = sorted(missing | {name for name, it in declared.items() if name in values and not parameter_takes(it, values[name])})
    # CloudFormation looks at the rules once each parameter is possible.
    for name, rule in template.get("Rules", {}).items() if not refusing else []:
        if "RuleCondition" in rule and not holds(rule["RuleCondition"], values):
            continue
        if not all(holds(it["Assert"], values) for it in rule["Assertions"]):
            refusing.append(name)
    return refusing


def main():
    written = sources()
    problems = []
    for path, given in TAKEN:
        if refusing := told(written[path], GIVEN[path] | given):
            problems.append(f"{path} refuses {given} by {refusing}")
    for path, given, expected in REFUSED:
        if (refusing := told(written[path], GIVEN[path] | given)) != [expected]:
            problems.append(f"{path} with {given}: told by {refusing}, expected {expected}")
    rules = [(path, name, rule) for path, it in written.items() for name, rule in it.get("Rules", {}).items()]
    for path, name, rule in rules:
        if (path, name) not in {(of, expected) for of, _, expected in REFUSED}:
            problems.append(f"{path}: nothing here breaks the rule {name}")
        if not all(it["AssertDescription"].endswith(".") for it in rule["Assertions"]):
            problems.append(f"{path}: the rule {name} says no sentence")
    print("\n".join(problems) or f"{len(rules)} rules and the parameters tell {len(REFUSED)} contradictions, and take {len(TAKEN)} deployments")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
