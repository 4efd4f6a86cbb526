//! Valid and broken policies in a template.

use super::*;
use crate::deployment::{Deployment, Function};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// A template with one function, whose role has these policy documents.
fn load(documents: &str) -> Result<Vec<Statement>, DeploymentError> {
    let function = load_function("Role: !GetAtt R.Arn", documents)?;
    Ok(function.statements)
}

/// The same with these properties of the function.
fn load_function(properties: &str, documents: &str) -> Result<Function, DeploymentError> {
    let text = format!(
        "
Parameters:
  Secret: {{Type: String, Default: ''}}
Conditions:
  HasSecret: !Not [!Equals [!Ref Secret, '']]
Resources:
  CreditsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{{AttributeName: pk, AttributeType: S}}]
      KeySchema: [{{AttributeName: pk, KeyType: HASH}}]
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        Authorizers:
          Tokens:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {{issuer: i, audience: [a]}}
  F:
    Type: AWS::Serverless::Function
    Metadata: {{BuildProperties: {{Binary: credits}}}}
    Properties: {{{properties}}}
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: {{LogGroupName: !Sub '/${{AWS::StackName}}/f'}}
  R:
    Type: AWS::IAM::Role
    Properties:
      Policies: {documents}
"
    );
    let source = |_: &Path| io::Result::Ok(text.clone());
    let deployment = Deployment::load(Path::new("template.yaml"), &BTreeMap::new(), &source)?;
    let mut functions = deployment.functions.into_iter();
    Ok(functions.next().unwrap())
}

fn table(index: Option<&str>) -> Vec<Target> {
    vec![Target::Table {
        table: "credits".to_owned(),
        index: index.map(str::to_owned),
    }]
}

#[test]
fn a_statement_is_read_with_all_that_limits_it() {
    let written = "
        - PolicyName: writes
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Sid: Write
                Effect: Allow
                Action: [dynamodb:PutItem, dynamodb:UpdateItem]
                Resource: !GetAtt CreditsTable.Arn
                Condition:
                  ForAllValues:StringLike: {dynamodb:LeadingKeys: ['USER#*', MODELS]}
                  'Null': {dynamodb:LeadingKeys: false}
                  ForAnyValue:StringEquals: {dynamodb:EnclosingOperation: TransactWriteItems}
        - PolicyDocument:
            Statement:
              Sid: Read
              Effect: Allow
              Action: dynamodb:Query
              Resource: !Sub ['${Table}/index/by-time', {Table: !GetAtt CreditsTable.Arn}]
              Condition:
                ForAllValues:StringLike: {dynamodb:LeadingKeys: 'USER#*'}";
    let keys = |patterns: &[&str], required| {
        Some(LeadingKeys {
            patterns: patterns.iter().map(|text| (*text).to_owned()).collect(),
            required,
        })
    };
    assert_eq!(
        load(written).unwrap(),
        [
            Statement {
                sid: "Write".to_owned(),
                actions: vec![
                    "dynamodb:PutItem".to_owned(),
                    "dynamodb:UpdateItem".to_owned()
                ],
                resources: table(None),
                leading_keys: keys(&["USER#*", "MODELS"], true),
                enclosing_operation: Some("TransactWriteItems".to_owned()),
            },
            Statement {
                sid: "Read".to_owned(),
                actions: vec!["dynamodb:Query".to_owned()],
                resources: table(Some("by-time")),
                leading_keys: keys(&["USER#*"], false),
                enclosing_operation: None,
            },
        ]
    );
}

#[test]
fn other_resources_keep_their_arn_and_a_false_condition_removes_a_statement() {
    let statements = load(
        "[{PolicyDocument: {Statement: [
            {Sid: A, Effect: Allow, Action: 'x:*', Resource: ['*', 'arn:aws:s3:::table/x']},
            !If [HasSecret, {Sid: B, Effect: Allow, Action: x, Resource: y}, !Ref AWS::NoValue],
        ]}}]",
    );
    let statements = statements.unwrap();
    let others = ["*", "arn:aws:s3:::table/x"].map(|arn| Target::Other(arn.to_owned()));
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0].resources, others);
    assert_eq!(statements[0].leading_keys, None);
    assert_eq!(load("[]").unwrap(), []);
}

/// Each of these is refused with one line that says where and why.
fn check<const N: usize>(cases: [(&str, &str); N]) {
    for (policies, expected) in cases {
        let message = load(policies).unwrap_err().to_string();
        assert!(
            message.contains(expected),
            "{message}\n  should say: {expected}"
        );
        assert!(!message.contains('\n'), "one line: {message}");
    }
}

#[test]
fn a_policy_that_is_not_understood_is_refused_with_its_place() {
    check([
        (
            "[AWSLambdaBasicExecutionRole]",
            "Resources.R.Properties.Policies.0: must be a mapping",
        ),
        (
            "[{DynamoDBCrudPolicy: {TableName: t}}]",
            "Policies.0: DynamoDBCrudPolicy is not supported",
        ),
        (
            "[{PolicyDocument: {Statement: [{Effect: Allow, Action: a, Resource: r}]}}]",
            "Policies.0.PolicyDocument.Statement.0: has no Sid",
        ),
        (
            "[{PolicyDocument: {Statement: [{Sid: A, Effect: Deny, Action: a, Resource: r}]}}]",
            "Statement.0: its Effect must be Allow",
        ),
        (
            "[{PolicyDocument: {Statement: [{Sid: A, Effect: Allow, Resource: r}]}}]",
            "Statement.0: Action must be a string",
        ),
        (
            "[{PolicyDocument: {Statement: [{Sid: A, Effect: Allow, Action: a, Resource: []}]}}]",
            "Statement.0: Resource must be a string",
        ),
        (
            "[{PolicyDocument: {Statement: [{Sid: A, Effect: Allow, NotAction: a, Resource: r}]}}]",
            "Statement.0: NotAction is not supported",
        ),
        (
            "[{PolicyDocument: {Statement: [{Sid: A, Effect: Allow, Action: a, Resource: r}]}},
              {PolicyDocument: {Statement: [{Sid: A, Effect: Allow, Action: a, Resource: r}]}}]",
            "Policies.1.PolicyDocument.Statement.0: the Sid A is used twice",
        ),
    ]);
}

#[test]
fn a_condition_that_is_not_understood_is_refused_with_its_place() {
    for (condition, expected) in [
        (
            "StringLike: {dynamodb:LeadingKeys: ['USER#*']}",
            "Condition.StringLike: dynamodb:LeadingKeys is not supported",
        ),
        (
            "'Null': {dynamodb:LeadingKeys: 'true'}",
            "Condition.Null: dynamodb:LeadingKeys is not supported",
        ),
        (
            "'Null': {dynamodb:LeadingKeys: 'false'}",
            "Condition: a Null needs a ForAllValues:StringLike",
        ),
        (
            "StringEquals: {dynamodb:EnclosingOperation: TransactWriteItems}",
            "Condition.StringEquals: dynamodb:EnclosingOperation is not supported",
        ),
        (
            "Bool: {aws:SecureTransport: true}",
            "Condition.Bool: aws:SecureTransport is not supported",
        ),
    ] {
        let statement = "Sid: A, Effect: Allow, Action: a, Resource: r";
        let policies = format!(
            "[{{PolicyDocument: {{Statement: [{{{statement}, Condition: {{{condition}}}}}]}}}}]"
        );
        check([(&policies, expected)]);
    }
}

#[test]
fn a_log_group_is_known_by_its_name_and_its_arn() {
    let documents = "[{PolicyDocument: {Statement:
        {Sid: A, Effect: Allow, Action: 'logs:PutLogEvents', Resource: !GetAtt Logs.Arn}}}]";
    let properties = "Role: !GetAtt R.Arn, LoggingConfig: {LogGroup: !Ref Logs}";
    let function = load_function(properties, documents).unwrap();
    let arn = "arn:aws:logs:local:000000000000:log-group:/local/f:*".to_owned();
    assert_eq!(function.log_group.as_ref(), Some(&arn));
    assert_eq!(function.statements[0].resources, [Target::Other(arn)]);
}

#[test]
fn a_role_that_is_not_a_role_of_the_template_is_refused_with_its_place() {
    for (properties, expected) in [
        (
            "Role: 'arn:aws:iam::1:role/x'",
            "F.Properties.Role: must be !GetAtt",
        ),
        (
            "Role: !GetAtt R.RoleId",
            "F.Properties.Role: must be !GetAtt",
        ),
        (
            "Role: !GetAtt Api.Arn",
            "F.Properties.Role: there is no role Api",
        ),
        (
            "Role: !GetAtt Q.Arn",
            "F.Properties.Role: there is no role Q",
        ),
        (
            "Role: !GetAtt R.Arn, Policies: []",
            "F.Properties.Policies: move them to the function's role",
        ),
    ] {
        let message = load_function(properties, "[]").unwrap_err().to_string();
        assert!(message.contains(expected), "{message}: {expected}");
    }
    let without = load_function("Timeout: 3", "[]").unwrap();
    assert_eq!(without.statements, []);
    assert_eq!(without.log_group, None);
}
