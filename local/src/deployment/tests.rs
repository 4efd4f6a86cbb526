//! Tests the evaluator and the router on valid and broken templates.

mod on_aws;

use super::*;
use std::io;

const HEAD: &str = "
Parameters:
  Issuer: {Type: String}
  Audience: {Type: CommaDelimitedList, Default: 'app, cli'}
  ScopePrefix: {Type: String, Default: ''}
";
const API: &str = "
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Tokens
        Authorizers:
          Tokens:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {issuer: !Ref Issuer, audience: !Ref Audience}
";
const DATA: &str = "
Resources:
  CreditsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      SSESpecification: {SSEEnabled: true}
      TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
Outputs:
  CreditsTable: {Value: !Ref CreditsTable}
  Arn: {Value: !GetAtt CreditsTable.Arn}
";
const FUNCTION: &str = "
  F:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: credits}}
    Properties:
      Events:
";

/// Further resources after a valid head and API.
fn load(resources: &str) -> Result<Deployment, DeploymentError> {
    load_text(&format!("{HEAD}Resources:{API}{resources}"))
}

fn load_text(text: &str) -> Result<Deployment, DeploymentError> {
    let given = BTreeMap::from([("Issuer".to_owned(), "http://issuer".to_owned())]);
    let source = |path: &Path| match path.to_str() {
        Some("template.yaml") => Ok(text.to_owned()),
        Some("infra/data.yaml") => Ok(DATA.to_owned()),
        Some("infra/watch.yaml") => Ok(on_aws::WATCH.to_owned()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    Deployment::load(Path::new("template.yaml"), &given, &source)
}

fn refused(text: &str) -> String {
    load_text(text).unwrap_err().to_string()
}

/// Each text is refused with one line that says what is expected.
fn check<const N: usize>(cases: [(String, &str); N]) {
    for (text, expected) in cases {
        let message = refused(&text);
        assert!(
            message.contains(expected),
            "{message}\n  should say: {expected}\n{text}"
        );
        assert!(!message.contains('\n'), "one line: {message}");
    }
}

#[test]
fn the_committed_templates_are_understood() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let given = [("Issuer", "http://127.0.0.1:8787"), ("ScopePrefix", "api/")];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let deployment = Deployment::read(&root, &BTreeMap::from(given)).unwrap();

    assert_eq!(deployment.authorizer.issuer, "http://127.0.0.1:8787");
    assert_eq!(
        deployment.authorizer.audiences,
        ["textassistant-desktop", "inference-service"]
    );
    let (route, _) = deployment.route("GET", "/api/user/credits").unwrap();
    assert_eq!(
        (route.function.as_str(), route.authorized),
        ("credits", true)
    );
    assert_eq!(route.scopes, ["api/credits.read"]);
    let credits = deployment
        .functions
        .iter()
        .find(|function| function.name == "credits")
        .unwrap();
    assert_eq!(credits.variables["CREDITS_TABLE"], "credits");
    assert_eq!(credits.variables["SCOPE_PREFIX"], "api/");
    assert_eq!(credits.variables["RATE_LIMIT_CREDITS_PER_MINUTE"], "60");
    assert_eq!(credits.timeout_seconds, 10);
    let mut names: Vec<&str> = deployment
        .tables
        .iter()
        .map(|table| table.name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["billing", "credits", "notices", "users"]);
    assert!(
        deployment
            .tables
            .iter()
            .all(|table| table.ttl_attribute.as_deref() == Some("expires_at"))
    );
}

#[test]
fn references_and_functions_evaluate_in_both_spellings() {
    let deployment = load(
        "
  Data: {Type: 'AWS::Serverless::Application', Properties: {Location: infra/data.yaml}}
  Absent: {Type: 'AWS::DynamoDB::Table', Condition: Never}
  F:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: credits}}
    Properties:
      Environment:
        Variables:
          TABLE: !GetAtt Data.Outputs.CreditsTable
          ARN: {Fn::GetAtt: [Data, Outputs.Arn]}
          LONG: {Fn::Sub: ['${Word}-${Issuer}-${!Kept}', {Word: {Ref: 'AWS::Region'}}]}
          LIST: !Ref Audience
          NUMBER: 60
          FLAG: true
          CHOSEN: !If [Never, left, right]
          GONE: !If [Never, left, !Ref AWS::NoValue]
Conditions:
  Same: !Equals [!Ref ScopePrefix, '']
  Never: !And [!Not [!Condition Same], !Or [!Condition Same, !Equals [1, '1']]]
",
    )
    .unwrap();
    let expected = [
        ("ARN", "arn:aws:dynamodb:local:000000000000:table/credits"),
        ("CHOSEN", "right"),
        ("FLAG", "true"),
        ("LIST", "app,cli"),
        ("LONG", "local-http://issuer-${Kept}"),
        ("NUMBER", "60"),
        ("TABLE", "credits"),
    ];
    let found: Vec<_> = deployment.functions[0]
        .variables
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(deployment.functions[0].timeout_seconds, 3);
    assert_eq!(deployment.authorizer.audiences, ["app", "cli"]);
    assert_eq!(deployment.tables.len(), 1);
    assert_eq!(
        deployment.tables[0].create_table,
        serde_json::json!({
            "TableName": "credits", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        })
    );
}

#[test]
fn a_request_finds_the_most_literal_route() {
    let event = |method: &str, path: &str, auth: &str| {
        format!(
            "        '{method} {path}': {{Type: HttpApi, Properties: {{Method: {method}, Path: '{path}'{auth}}}}}\n"
        )
    };
    let deployment = load(&format!(
        "{FUNCTION}{}{}{}{}",
        event("get", "/a/{id}/c", ""),
        event("GET", "/a/b/{last}", ""),
        event("GET", "/a/b/c", ", Auth: {Authorizer: NONE}"),
        event("POST", "/", ""),
    ))
    .unwrap();
    let cases = [
        ("GET", "/a/b/c", Some("GET /a/b/c")),
        ("GET", "/a/b/d", Some("GET /a/b/{last}")),
        ("GET", "/a/x/c", Some("GET /a/{id}/c")),
        ("GET", "/%61/x/c", Some("GET /a/{id}/c")),
        ("POST", "/", Some("POST /")),
        ("POST", "/a/b/c", None),
        ("GET", "/a/x/c/", None),
        ("GET", "/a//c", None),
        ("GET", "//a/b/c", None),
        ("GET", "/A/b/c", None),
        ("GET", "/a/%zz/c", None),
        ("GET", "/a/%f/c", None),
        ("GET", "/a/%ff/c", None),
        ("GET", "", None),
    ];
    for (method, path, expected) in cases {
        let found = deployment
            .route(method, path)
            .map(|(route, _)| route.key.as_str());
        assert_eq!(found, expected, "{method} {path}");
    }
    let (route, parameters) = deployment.route("GET", "/a/x%2Fy%20%C3%A9/c").unwrap();
    assert_eq!(parameters["id"], "x/y é");
    assert!(route.authorized);
    assert!(!deployment.route("GET", "/a/b/c").unwrap().0.authorized);
}

#[test]
fn a_broken_file_or_parameter_is_refused_with_its_place() {
    check([
        (
            String::new(),
            "is not valid YAML: expected one document, found 0",
        ),
        ("a: [".to_owned(), "is not valid YAML: while parsing"),
        ("a: 1\na: 2".to_owned(), "duplicated key"),
        ("[]".to_owned(), "(top): must be a mapping with Resources"),
        (
            "Resources: []".to_owned(),
            "Parameters.Issuer: is given but not declared",
        ),
        (
            format!("{HEAD}Resources: 1"),
            "Resources: must be a mapping",
        ),
        (
            format!("{HEAD}Resources: {{}}"),
            "Resources: must contain exactly one AWS::Serverless::HttpApi",
        ),
        (
            "Parameters: {Issuer: {Type: String}, B: {Type: String}}".to_owned(),
            "Parameters.B: has no value",
        ),
        (
            "Parameters: {Issuer: {Type: List}}".to_owned(),
            "Parameters.Issuer: its Type must be",
        ),
        (
            "Parameters: {Issuer: {Type: String, AllowedValues: [a]}}".to_owned(),
            "Parameters.Issuer: `http://issuer` is not one of its AllowedValues",
        ),
    ]);
}

#[test]
fn a_broken_resource_is_refused_with_its_place() {
    let resource = |body: &str| format!("{HEAD}Resources:{API}  X: {body}\n");
    check([
        (resource("{}"), "Resources.X: has no Type"),
        (
            resource("{Type: A, Condition: C}"),
            "Conditions.C: is used but not declared",
        ),
        (
            resource("{Type: A, Condition: C}\nConditions: {C: !Not [!Condition C]}"),
            "its condition refers to itself",
        ),
        (
            resource("{Type: AWS::Serverless::Application, Properties: {Location: template.yaml}}"),
            "Parameters.Issuer: has no value",
        ),
        (
            resource(
                "{Type: AWS::Serverless::Application, Properties: {Location: template.yaml, Parameters: {Issuer: i}}}",
            ),
            "is nested too deep",
        ),
        (
            resource("{Type: AWS::Serverless::Application, Properties: {Location: gone.yaml}}"),
            "gone.yaml: cannot be read",
        ),
        (
            resource("{Type: AWS::DynamoDB::Table, Properties: {KeySchema: [], Wrong: 1}}"),
            "Resources.X.Properties.Wrong: is not served locally",
        ),
        (
            resource("{Type: AWS::DynamoDB::Table}"),
            "Resources.X.Properties: must be a mapping",
        ),
        (
            resource("{Type: AWS::Serverless::Function}"),
            "Resources.X.Metadata: has no Binary",
        ),
    ]);
}

#[test]
fn a_broken_route_is_refused_with_its_place() {
    let event = |body: &str| format!("{HEAD}Resources:{API}{FUNCTION}        E: {body}\n");
    check([
        (event("{}"), "Resources.F.Properties.Events.E: has no Type"),
        (event("{Type: HttpApi}"), "Events.E: has no Method"),
        (
            event("{Type: HttpApi, Properties: {Method: ANY, Path: /}}"),
            "Method `ANY` must be",
        ),
        (
            event("{Type: HttpApi, Properties: {Method: GET, Path: a}}"),
            "Path `a` must consist of",
        ),
        (
            event("{Type: HttpApi, Properties: {Method: GET, Path: '/{a+}'}}"),
            "Path `/{a+}` must consist of",
        ),
        (
            event("{Type: HttpApi, Properties: {Method: GET, Path: /a/}}"),
            "Path `/a/` must consist of",
        ),
        (
            event("{Type: HttpApi, Properties: {Method: GET, Path: /, Auth: {Authorizer: Other}}}"),
            "Authorizer must be Tokens or NONE",
        ),
        (
            event(
                "{Type: HttpApi, Properties: {Method: GET, Path: /, Auth: {AuthorizationScopes: [!Sub '${Nope}']}}}",
            ),
            "Auth.AuthorizationScopes.0: Ref `Nope` is not a parameter, table, secret, log group or queue",
        ),
        (
            event("{Type: HttpApi, Properties: {Method: GET, Path: !Select [0, [a]]}}"),
            "Fn::Select is not supported here",
        ),
        (
            event("{Type: HttpApi, Properties: {Method: GET, Path: !Sub '/${Issuer'}}"),
            "has an unclosed ${",
        ),
        (
            event("{Type: HttpApi, Properties: {Method: GET, Path: !GetAtt Data.Outputs.X}}"),
            "GetAtt `Data.Outputs.X` is not supported",
        ),
        (event("*gone"), "is not valid YAML"),
        (event("!<tag:other> x"), "is not a CloudFormation tag"),
    ]);
}

#[test]
fn deep_nesting_never_overflows_the_stack() {
    for text in [
        "[".repeat(20_000),
        "- ".repeat(20_000),
        "? ".repeat(20_000),
        "{a: ".repeat(20_000),
        (0..5_000)
            .map(|depth| format!("{}a:\n", " ".repeat(depth)))
            .collect(),
        (0..110)
            .map(|depth| format!("{}a:\n", " ".repeat(depth)))
            .collect(),
        format!("{}{}", "[".repeat(200), "]".repeat(200)),
        format!(
            "a: &a [x]\n{}",
            (0..40)
                .map(|i| format!("b{i}: &a [*a, *a, *a]\n"))
                .collect::<String>()
        ),
    ] {
        assert!(refused(&text).contains("is not valid YAML"));
    }
}
