"""Holds the templates against the project's rules, infra/rules/*.guard.

Each rule must apply to something and hold; and each must be told when it is
broken: for every rule there is at least one planted violation below, after
which exactly the named rules fail. Prints what was checked, or exits with 1.
"""

import copy
import json
import re
import sys

from cfn_guard_rs.cfn_guard_rs import run_checks_rs

from templates import MAIN, ROOT, sources, translated

DATA, IDENTITY, OBSERVABILITY = "infra/data.yaml", "infra/identity.yaml", "infra/observability.yaml"
EDGE = "infra/edge.yaml"
#: Instead of a value: what stands at the place is removed.
GONE = object()

ROLE = "Resources.ProfileRole.Properties"
STATEMENT = f"{ROLE}.Policies.0.PolicyDocument.Statement.1"
WEBHOOK_STATEMENTS = "Resources.StripeWebhookRole.Properties.Policies.0.PolicyDocument.Statement"
STAGE = "Resources.Api.Properties"
TOKENS = f"{STAGE}.Auth.Authorizers.Tokens"
FRONT = "Resources.Distribution.Properties.DistributionConfig"
CACHE = f"{FRONT}.DefaultCacheBehavior"
ROUTE = "Resources.ProfileFunction.Properties.Events.GetUser.Properties"
WATCHED = "Resources.WatchRole.Properties.Policies.0.PolicyDocument.Statement.2"
LOG = '{"request_id":"$context.requestId","x":"$context.%s"}'
PLANTED = [
    # template, place, what is put there, the rules that must tell of it
    (DATA, "Resources.CreditsTable.Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", False, "tables_can_be_restored_to_any_moment"),
    (DATA, "Resources.UsersTable.Properties.PointInTimeRecoverySpecification", GONE, "tables_can_be_restored_to_any_moment"),
    (DATA, "Resources.BillingTable.Properties.DeletionProtectionEnabled", GONE, "tables_refuse_to_be_deleted"),
    (DATA, "Resources.CreditsTable.Properties.DeletionProtectionEnabled", False, "tables_refuse_to_be_deleted"),
    (DATA, "Resources.CreditsTable.DeletionPolicy", "Delete", "tables_outlive_their_stack"),
    (DATA, "Resources.UsersTable.UpdateReplacePolicy", GONE, "tables_outlive_their_stack"),
    (DATA, "Resources.UsersTable.Properties.SSESpecification", {"SSEEnabled": True}, "tables_are_encrypted_by_the_given_key_or_awss"),
    (DATA, "Resources.CreditsTable.Properties.SSESpecification", GONE, "tables_are_encrypted_by_the_given_key_or_awss"),
    (DATA, "Resources.BillingTable.Properties.BillingMode", "PROVISIONED", "tables_are_paid_by_the_request"),
    (MAIN, "Globals.Function.MemorySize", 256, "functions_are_small"),
    (MAIN, "Resources.ProfileFunction.Properties.MemorySize", 1024, "functions_are_small"),
    (MAIN, "Resources.StripeWebhookFunction.Properties.Timeout", 30, "functions_answer_before_the_gateway_gives_up"),
    (MAIN, "Globals.Function.Timeout", GONE, "functions_answer_before_the_gateway_gives_up"),
    (MAIN, "Globals.Function.LoggingConfig.LogFormat", "Text", "functions_log_json_to_a_group_of_their_own"),
    (MAIN, "Resources.CreditsFunction.Properties.LoggingConfig", GONE, "functions_log_json_to_a_group_of_their_own"),
    (MAIN, "Globals.Function.Tracing", "Active", "functions_are_not_traced"),
    (MAIN, "Resources.CreditsFunction.Properties.Tracing", "PassThrough", "functions_are_not_traced"),
    (MAIN, "Globals.Function.ReservedConcurrentExecutions", 5, "functions_reserve_nothing_unless_asked"),
    (MAIN, "Resources.ProfileFunction.Properties.ReservedConcurrentExecutions", 5, "functions_reserve_nothing_unless_asked"),
    (MAIN, "Resources.AccessLogs.Properties.RetentionInDays", GONE, "logs_are_kept_for_a_set_time"),
    (MAIN, "Resources.StripeWebhookLogs.Properties.RetentionInDays", GONE, "logs_are_kept_for_a_set_time"),
    (MAIN, f"{ROLE}.ManagedPolicyArns", ["arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"], "roles_have_no_managed_policy"),
    # SAM then makes a role that may write to any log, without policies of its own.
    (MAIN, "Resources.ProfileFunction.Properties.Role", GONE, "roles_have_no_managed_policy roles_name_every_action roles_name_every_resource roles_neither_scan_nor_delete the_check_of_all_accounts_only_reads_but_for_its_place"),
    (MAIN, f"{ROLE}.AssumeRolePolicyDocument.Statement.0.Principal", "*", "roles_are_of_two_services_alone"),
    (MAIN, f"{ROLE}.AssumeRolePolicyDocument.Statement.0.Principal.AWS", "arn:aws:iam::123456789012:root", "roles_are_of_two_services_alone"),
    (MAIN, f"{ROLE}.AssumeRolePolicyDocument.Statement.0.Principal.Service", "ec2.amazonaws.com", "roles_are_of_two_services_alone"),
    (MAIN, "Globals.Function.AutoPublishAlias", "current", "functions_are_rolled_out"),
    (MAIN, "Globals.Function.DeploymentPreference.Alarms", GONE, "functions_are_rolled_out"),
    (MAIN, "Globals.Function.DeploymentPreference.Role", GONE, "roles_have_no_managed_policy roles_name_every_action roles_name_every_resource roles_neither_scan_nor_delete the_check_of_all_accounts_only_reads_but_for_its_place"),
    (MAIN, "Resources.TokenFunction.Properties.AutoPublishCodeSha256", GONE, "releases_are_versions"),
    (MAIN, "Globals.Function.Environment", GONE, "origins_are_checked_by_digest"),
    (MAIN, f"{STATEMENT}.Action", "dynamodb:*", "roles_name_every_action"),
    (MAIN, f"{STATEMENT}.Action", ["dynamodb:GetItem", "dynamodb:Get*"], "roles_name_every_action"),
    (MAIN, f"{STATEMENT}.Action", ["dynamodb:GetIte?"], "roles_name_every_action"),
    (MAIN, f"{STATEMENT}.NotAction", "dynamodb:PutItem", "roles_name_every_action"),
    (MAIN, f"{STATEMENT}.Effect", "Deny", "roles_name_every_action"),
    (MAIN, f"{STATEMENT}.Resource", "*", "roles_name_every_resource"),
    (MAIN, f"{STATEMENT}.Resource", ["arn:aws:dynamodb:eu-central-1:123456789012:table/*"], "roles_name_every_resource"),
    (MAIN, f"{STATEMENT}.Resource", {"Fn::Sub": "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"}, "roles_name_every_resource"),
    (MAIN, f"{STATEMENT}.Resource", {"Fn::Sub": ["${Table}/index/*", {"Table": "t"}]}, "roles_name_every_resource"),
    (MAIN, f"{STATEMENT}.NotResource", "arn:aws:s3:::x", "roles_name_every_resource"),
    (MAIN, f"{STATEMENT}.Resource", GONE, "roles_name_every_resource"),
    (MAIN, f"{STATEMENT}.Action", "dynamodb:Scan", "roles_neither_scan_nor_delete"),
    (MAIN, f"{STATEMENT}.Action", ["dynamodb:GetItem", "dynamodb:DeleteItem"], "roles_neither_scan_nor_delete"),
    (MAIN, f"{STATEMENT}.Action", ["dynamodb:BatchDeleteItem"], "roles_neither_scan_nor_delete"),
    (MAIN, f"{STATEMENT}.Action", ["dynamodb:PartiQLSelect"], "roles_neither_scan_nor_delete"),
    (MAIN, f"{WEBHOOK_STATEMENTS}.1.Action", "secretsmanager:DeleteSecret", "roles_neither_scan_nor_delete"),
    (MAIN, f"{WATCHED}.Action", "dynamodb:PutItem", "the_check_of_all_accounts_only_reads_but_for_its_place"),
    (MAIN, f"{WATCHED}.Action", ["dynamodb:GetItem", "dynamodb:UpdateItem"], "the_check_of_all_accounts_only_reads_but_for_its_place"),
    (MAIN, "Resources.StripeWebhookSecret.Properties.SecretString", "whsec_0123456789abcdef", "secrets_are_not_in_the_template"),
    (MAIN, f"{ROUTE}.Auth", {"Authorizer": "NONE"}, "routes_ask_for_a_token_and_a_scope"),
    (MAIN, f"{ROUTE}.Auth.AuthorizationScopes", GONE, "routes_ask_for_a_token_and_a_scope"),
    (MAIN, f"{TOKENS}.IdentitySource", "$request.querystring.token", "tokens_are_checked_by_the_gateway"),
    (MAIN, f"{STAGE}.AccessLogSettings", GONE, "access_logs_carry_nothing_of_the_caller calls_are_logged_as_json"),
    (MAIN, f"{STAGE}.AccessLogSettings.Format", "$context.requestId", "access_logs_carry_nothing_of_the_caller calls_are_logged_as_json"),
    (MAIN, f"{STAGE}.AccessLogSettings.Format", LOG % "authorizer.claims.sub", "access_logs_carry_nothing_of_the_caller"),
    (MAIN, f"{STAGE}.AccessLogSettings.Format", LOG % "path", "access_logs_carry_nothing_of_the_caller"),
    (MAIN, f"{STAGE}.AccessLogSettings.Format", LOG % "identity.sourceIp", "access_logs_carry_nothing_of_the_caller"),
    (MAIN, f"{STAGE}.AccessLogSettings.Format", LOG % "authorizer.error", "access_logs_carry_nothing_of_the_caller"),
    (MAIN, f"{STAGE}.AccessLogSettings.Format", LOG.replace("$context.%s", "$request.header.authorization"), "access_logs_carry_nothing_of_the_caller"),
    (MAIN, f"{STAGE}.DefaultRouteSettings", GONE, "calls_are_throttled"),
    (MAIN, f"{STAGE}.DefaultRouteSettings.ThrottlingRateLimit", 100, "calls_are_throttled"),
    (MAIN, "Parameters.UserRate.MinValue", 0, "throttles_have_bounds"),
    (MAIN, "Parameters.StripeBurst.MaxValue", GONE, "throttles_have_bounds"),
    (MAIN, "Parameters.ServiceRate.Default", 10000, "throttles_have_bounds"),
    (MAIN, f"{STAGE}.CorsConfiguration", {"AllowOrigins": ["*"]}, "no_page_may_call_unless_named"),
    (MAIN, f"{STAGE}.CorsConfiguration.Fn::If.1.allowCredentials", True, "no_page_may_call_unless_named"),
    (MAIN, "Parameters.CorsOrigins.Default", "*", "no_page_may_call_unless_named"),
    (MAIN, f"{STAGE}.RouteSettings.POST /webhooks/stripe.ThrottlingRateLimit", GONE, "calls_are_throttled"),
    (IDENTITY, "Resources.UserPool.DeletionPolicy", "Delete", "user_pools_outlive_their_stack"),
    (IDENTITY, "Resources.UserPool.Properties.DeletionProtection", "INACTIVE", "user_pools_outlive_their_stack"),
    (IDENTITY, "Resources.UserPool.Properties.Policies.PasswordPolicy.MinimumLength", 8, "passwords_are_long"),
    (IDENTITY, "Resources.UserPool.Properties.EmailConfiguration", GONE, "mail_comes_from_the_given_identity"),
    (IDENTITY, "Resources.UserPool.Properties.MfaConfiguration", "OFF", "second_factors_are_offered"),
    (IDENTITY, "Resources.DesktopClient.Properties.AllowedOAuthFlows", ["code", "implicit"], "public_clients_use_codes_alone"),
    (IDENTITY, "Resources.DesktopClient.Properties.ExplicitAuthFlows", ["ALLOW_USER_PASSWORD_AUTH"], "public_clients_use_codes_alone"),
    (IDENTITY, "Resources.DesktopClient.Properties.AllowedOAuthScopes.2", {"Fn::Sub": "${ScopePrefix}credits.charge"}, "public_clients_never_charge"),
    (IDENTITY, "Resources.DesktopClient.Properties.AllowedOAuthScopes.0", "api/credits.charge", "public_clients_never_charge"),
    (IDENTITY, "Resources.ServiceClient.Properties.AllowedOAuthScopes.0", {"Fn::Sub": "${ScopePrefix}credits.read"}, "clients_with_a_secret_only_charge"),
    (IDENTITY, "Resources.DesktopClient.Properties.GenerateSecret", True, "clients_with_a_secret_only_charge"),
    (OBSERVABILITY, "Resources.LedgerMismatch.Properties.AlarmDescription", GONE, "alarms_link_to_the_runbook alarms_say_what_to_do"),
    (OBSERVABILITY, "Resources.LedgerMismatch.Properties.AlarmDescription", "", "alarms_link_to_the_runbook alarms_say_what_to_do"),
    (OBSERVABILITY, "Resources.ApiServerErrors.Properties.AlarmDescription", "Read the log.", "alarms_link_to_the_runbook"),
    (OBSERVABILITY, "Resources.TableThrottles.Properties.Metrics.0.Expression", "SUM(METRICS())", "silence_of_dynamodb_is_a_zero"),
    (OBSERVABILITY, "Resources.CreditsErrors.Properties.Namespace", "AWS/DynamoDB", "silence_of_dynamodb_is_a_zero"),
    (EDGE, f"{CACHE}.CachePolicyId", "658327ea-f89d-4fab-a63d-7e88639e58f6", "answers_are_not_cached"),
    (EDGE, f"{CACHE}.OriginRequestPolicyId", "216adef6-5c7f-47e4-b989-5492eafa07d3", "tokens_are_forwarded_and_hosts_are_not"),
    (EDGE, f"{CACHE}.ViewerProtocolPolicy", "redirect-to-https", "nothing_travels_in_the_clear"),
    (EDGE, f"{FRONT}.Origins.0.CustomOriginConfig.OriginProtocolPolicy", "match-viewer", "nothing_travels_in_the_clear"),
    (EDGE, f"{FRONT}.Origins.0.OriginCustomHeaders.0.HeaderValue", "secret", "origin_secrets_come_from_secrets_manager"),
    (EDGE, f"{FRONT}.WebACLId", GONE, "distributions_have_a_web_acl"),
    (EDGE, "Resources.WebAcl.Properties.Rules.3.VisibilityConfig.SampledRequestsEnabled", True, "requests_are_not_sampled"),
    (EDGE, "Resources.WebAcl.Properties.Rules.1.Priority", 9, "services_and_stripe_are_exempt_before_addresses_are_counted"),
    (EDGE, "Resources.WebAcl.Properties.Rules.3.Priority", 1, "services_and_stripe_are_exempt_before_addresses_are_counted"),
    (EDGE, "Resources.WebAclLogging.Properties.RedactedFields.0", GONE, "logs_of_blocked_calls_have_no_secrets"),
    (EDGE, "Resources.WebAclLogging.Properties.LoggingFilter", GONE, "logs_of_blocked_calls_have_no_secrets"),
    (OBSERVABILITY, "Resources.WebhookRejected.Properties.AlarmActions", GONE, "alarms_reach_somebody"),
    (OBSERVABILITY, "Resources.WebhookRejected.Properties.TreatMissingData", GONE, "alarms_decide_what_silence_means"),
]


def rule_files():
    """Of every file of rules: its path, its text, and each rule by its name,
    as a text that stands alone."""
    found = {}
    for path in sorted((ROOT / "infra/rules").glob("*.guard")):
        text = path.read_text()
        head = "".join(re.findall(r"^let .*\n", text, re.MULTILINE))
        rules = re.findall(r"^rule .*?^}\n", text, re.MULTILINE | re.DOTALL)
        found[path.name] = (text, {rule.split()[1]: head + rule for rule in rules})
    return found


def judge(document, text, rules):
    """What fails, by name with its report, and whether anything applied."""
    data = json.dumps({name: document.get(name, {}) for name in ("Parameters", "Resources")})
    try:
        status = json.loads(run_checks_rs(data, text, False))["status"]
    except ValueError:
        # Of a long report the binding hands over the end alone, which is no
        # JSON any more. Only what fails has so much to say.
        status = "FAIL"
    if status != "FAIL":
        return {}, status == "PASS"
    failed = {}
    for name, rule in rules.items():
        report = run_checks_rs(data, rule, False)
        if '"status": "PASS"' not in report and '"status": "SKIP"' not in report:
            failed[name] = report
    return failed, True


def messages(report):
    """What a report says, without what it repeats."""
    said = re.findall(r'"(?:custom|error)_message": "(.+?)"[,\n]', report)
    return " | ".join(dict.fromkeys(line[:300] for line in said))


def put(template, place, value):
    """Changes one place of a template; the place before it must be there."""
    *way, last = place.split(".")
    node = template
    for key in way:
        node = node[int(key)] if isinstance(node, list) else node[key]
    if isinstance(node, list):
        node[int(last) : int(last) + 1] = [] if value is GONE else [value]
    elif value is GONE:
        del node[last]
    else:
        node[last] = value


def named(node):
    """Every resource or parameter that a part of a template names."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("Ref", "DependsOn") and isinstance(value, str):
                yield value
            elif key == "Fn::GetAtt":
                yield value.split(".")[0] if isinstance(value, str) else value[0]
            elif key == "Fn::Sub":
                yield from (it.split(".")[0] for it in re.findall(r"\$\{([^!}]+)\}", value if isinstance(value, str) else value[0]))
            yield from named(value)
    elif isinstance(node, list):
        for value in node:
            yield from named(value)


def waiting_for_each_other(document):
    """Resources none of which CloudFormation could make first. Update policies count,
    which linters leave out."""
    resources = document["Resources"]
    needs = {name: set(named(it)) & resources.keys() - {name} for name, it in resources.items()}
    while ready := [name for name, missing in needs.items() if not missing]:
        needs = {name: missing - set(ready) for name, missing in needs.items() if name not in ready}
    return sorted(needs)


def main():
    problems = []
    files, written = rule_files(), sources()
    documents = {path: translated(template) for path, template in written.items()}
    applying = {path: [] for path in documents}
    for path, document in documents.items():
        for text, rules in files.values():
            failed, applied = judge(document, text, rules)
            problems += [f"{path} breaks {name}: {messages(report)}" for name, report in failed.items()]
            if applied:
                applying[path].append((text, rules))

    headings = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in (ROOT / "docs/operate.md").read_text().splitlines() if line.startswith("#")}
    for path in documents:
        linked = set(re.findall(r"docs/operate\.md#([a-z0-9-]+)", (ROOT / path).read_text()))
        problems += [f"{path} links to docs/operate.md#{anchor}, which has no such heading" for anchor in sorted(linked - headings)]

    problems += [f"{path}: these wait for each other: {circle}" for path, it in documents.items() if (circle := waiting_for_each_other(it))]
    circular = copy.deepcopy(written[MAIN])
    circular["Resources"]["SignUpFunction"]["Properties"]["DeploymentPreference"] = {"Enabled": True}
    circular["Resources"]["RolloutRole"]["Properties"]["Description"] = {"Fn::Sub": "${TokenFunction}"}
    if "SignUpFunctionAliaslive" not in waiting_for_each_other(translated(circular)):
        problems.append("a circle through an update policy is not told")
    (statement,) = (it for it in written[MAIN]["Resources"]["RolloutRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"] if it["Sid"] == "MoveAliases")
    moved = {it["Fn::Sub"].removeprefix("${").removesuffix(".Arn}:live") for it in statement["Resource"]}
    functions = {name for name, it in written[MAIN]["Resources"].items() if it["Type"] == "AWS::Serverless::Function"} - {"SignUpFunction"}
    problems += [f"RolloutRole cannot move {name}: name its alias there" for name in sorted(functions - moved)]

    names = [name for _, rules in files.values() for name in rules]
    planted = {name for *_, told in PLANTED for name in told.split()}
    problems += [f"there are two rules {name}" for name in sorted(set(names)) if names.count(name) > 1]
    problems += [f"{name} has no planted violation in tests/outside/guard.py" for name in names if name not in planted]

    # What is broken already would be told of after every planted violation too.
    for path, place, value, expected in PLANTED if not problems else []:
        template = copy.deepcopy(written[path])
        put(template, place, value)
        document = translated(template)
        told = sorted(name for text, rules in applying[path] for name in judge(document, text, rules)[0])
        if told != sorted(expected.split()):
            problems.append(f"planted {path} {place}: told by {told}, expected {expected}")
    print("\n".join(problems) or f"{len(names)} rules hold, {len(PLANTED)} planted violations are told")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
