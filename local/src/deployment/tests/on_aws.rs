//! Template parts that only concern AWS: stacks that are omitted locally, ids
//! that are unknown before a deployment, settings that only AWS would refuse.

use super::*;

/// A nested stack that only monitors others and takes their ids.
pub(super) const WATCH: &str = "
Parameters:
  ApiId: {Type: String}
  Table: {Type: String}
  Absent: {Type: String, Default: none}
Resources: {}
Outputs:
  Api: {Value: !Ref ApiId}
  Table: {Value: !Sub '${Table}-${Absent}'}
";

#[test]
fn values_known_only_on_aws_may_be_passed_on_but_not_served() {
    let alarms = |variable: &str| {
        format!(
            "
  Data: {{Type: 'AWS::Serverless::Application', Properties: {{Location: infra/data.yaml}}}}
  Watch:
    Type: AWS::Serverless::Application
    Properties:
      Location: infra/watch.yaml
      Parameters:
        ApiId: !Ref Api
        Absent: !Ref AWS::NoValue
        Table: !GetAtt Data.Outputs.CreditsTable
  F:
    Type: AWS::Serverless::Function
    Metadata: {{BuildProperties: {{Binary: credits}}}}
    Properties: {{Environment: {{Variables: {{SEEN: !GetAtt Watch.Outputs.{variable}}}}}}}
"
        )
    };
    let deployment = load(&alarms("Table")).unwrap();
    assert_eq!(deployment.functions[0].variables["SEEN"], "credits-none");
    assert_eq!(
        load(&alarms("Api")).unwrap_err().to_string(),
        "infra/watch.yaml: Outputs.Api: Ref `ApiId` has no value here: \
         template.yaml: Resources.Watch.Properties.Parameters.ApiId: \
         Ref `Api` is not a parameter, table, secret, log group or queue"
    );
}

#[test]
fn a_stack_whose_condition_does_not_hold_is_not_looked_at() {
    let stack = |issuer: &str| {
        format!(
            "
  Identity:
    Type: AWS::Serverless::Application
    Condition: Own
    Properties: {{Location: gone.yaml, Parameters: {{List: !Join [',', !Ref Audience]}}}}
Conditions:
  Own: !Equals [!Ref Issuer, '{issuer}']
"
        )
    };
    assert!(load(&stack("")).is_ok());
    let message = load(&stack("http://issuer")).unwrap_err().to_string();
    assert!(message.contains("gone.yaml: cannot be read"), "{message}");
}

#[test]
fn a_secret_is_referred_to_by_an_arn() {
    let deployment = load(
        "
  Kept: {Type: 'AWS::SecretsManager::Secret'}
  F:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: credits}}
    Properties: {Environment: {Variables: {ARN: !Ref Kept}}}
",
    );
    assert_eq!(
        deployment.unwrap().functions[0].variables["ARN"],
        "arn:aws:secretsmanager:local:000000000000:secret:Kept-local0"
    );
}

#[test]
fn settings_of_a_route_are_for_one_that_is_there() {
    let api = API.trim_end();
    let with = |key: &str| {
        format!(
            "{HEAD}Resources:{api}\n      RouteSettings: {{'{key}': {{ThrottlingRateLimit: 1}}}}\n\
             {FUNCTION}        E: {{Type: HttpApi, Properties: {{Method: GET, Path: '/{{id}}'}}}}\n"
        )
    };
    assert!(load_text(&with("GET /{id}")).is_ok());
    check([(
        with("GET /{user}"),
        "Resources.Api.Properties.RouteSettings.GET /{user}: is for a route that does not exist",
    )]);
}

#[test]
fn a_restored_table_takes_the_place_of_the_stacks_own_wherever_it_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    for (table, variable) in [
        ("Users", "USERS_TABLE"),
        ("Credits", "CREDITS_TABLE"),
        ("Billing", "BILLING_TABLE"),
    ] {
        let given = [
            ("Issuer".to_owned(), "http://issuer".to_owned()),
            (format!("Restored{table}Table"), "restored".to_owned()),
        ];
        let deployment = Deployment::read(&root, &BTreeMap::from(given)).unwrap();
        for function in deployment.functions {
            for (name, value) in function.variables {
                let expected = name == variable;
                assert_eq!(value == "restored", expected, "{table}: {name}={value}");
            }
        }
    }
}
