//! The comparison can fail: every single change to a policy, and to what a
//! function does, is told with the function, the statement and what is wrong.

use local::deployment::{LeadingKeys, Statement, Target};
use local::dynamodb::Access;

use super::judge::{Judge, READS_ALL, reads_secrets, writes, writes_log};
use super::judges;

const PLANTED: &str = "Planted";

/// Whether some finding says all of that.
#[track_caller]
fn check_reported(what: &str, judge: &Judge, reported: &[&str]) {
    let findings = judge.findings();
    let name = judge.function.name.as_str();
    let mut lines = findings.iter();
    assert!(
        lines.any(|line| line.starts_with(name) && reported.iter().all(|part| line.contains(part))),
        "{name}, {what}: none of these says {reported:?}:\n{}",
        findings.join("\n")
    );
}

/// A judge whose statement of that number was changed.
fn changed(judge: &Judge, number: usize, change: impl FnOnce(&mut Statement)) -> Judge {
    let mut judge = judge.clone();
    change(&mut judge.function.statements[number]);
    judge
}

/// A judge with one statement more.
fn planted(judge: &Judge, statement: Statement) -> Judge {
    let mut judge = judge.clone();
    judge.function.statements.push(statement);
    judge
}

fn table(name: &str) -> Target {
    Target::Table {
        table: name.to_string(),
        index: None,
    }
}

fn is_about_tables(statement: &Statement) -> bool {
    let mut resources = statement.resources.iter();
    resources.all(|target| matches!(target, Target::Table { .. }))
}

#[test]
fn what_is_taken_away_is_reported_as_missing() {
    for judge in judges() {
        for (number, statement) in judge.function.statements.iter().enumerate() {
            let sid = statement.sid.as_str();
            let mut without = judge.clone();
            without.function.statements.remove(number);
            let action = statement.actions[0].as_str();
            check_reported(&format!("{sid} removed"), &without, &["missing", action]);
            if !is_about_tables(statement) {
                continue;
            }
            for action in &statement.actions {
                let without = changed(judge, number, |it| it.actions.retain(|it| it != action));
                let what = format!("{action} removed from {sid}");
                check_reported(&what, &without, &["missing", action, sid]);
            }
            for pattern in statement.leading_keys.iter().flat_map(|it| &it.patterns) {
                let without = changed(judge, number, |it| {
                    let keys = it.leading_keys.as_mut().unwrap();
                    keys.patterns.retain(|it| it != pattern);
                });
                let what = format!("{pattern} removed from {sid}");
                check_reported(&what, &without, &["missing", pattern, sid]);
            }
            let moved = changed(judge, number, |it| it.resources = vec![table("elsewhere")]);
            let what = format!("{sid} on another table");
            check_reported(&what, &moved, &["missing", action]);
            check_reported(&what, &moved, &[sid, "elsewhere is never used"]);
        }
    }
}

#[test]
fn a_condition_that_is_dropped_is_reported() {
    let (mut keys, mut transactions) = (0, 0);
    for judge in judges() {
        for (number, statement) in judge.function.statements.iter().enumerate() {
            let sid = statement.sid.as_str();
            if statement.leading_keys.is_some() {
                keys += 1;
                let any = changed(judge, number, |it| it.leading_keys = None);
                let reported = [sid, "any key passes: limit dynamodb:LeadingKeys"];
                check_reported(&format!("{sid} without LeadingKeys"), &any, &reported);
                let none = changed(judge, number, |it| {
                    it.leading_keys.as_mut().unwrap().required = false;
                });
                let reported = [sid, "a request without keys passes: add Null"];
                check_reported(&format!("{sid} without Null"), &none, &reported);
            }
            if let Some(operation) = &statement.enclosing_operation {
                transactions += 1;
                let alone = changed(judge, number, |it| it.enclosing_operation = None);
                let what = format!("{sid} outside {operation}");
                // A read outside one is no danger, only more than the function does.
                if writes(statement) {
                    let reported = [
                        sid,
                        "outside a transaction: add dynamodb:EnclosingOperation",
                    ];
                    check_reported(&what, &alone, &reported);
                }
                let reported = [sid, "is only used in", operation];
                check_reported(&what, &alone, &reported);
            } else if is_about_tables(statement) {
                let within = changed(judge, number, |it| {
                    it.enclosing_operation = Some("TransactWriteItems".to_string());
                });
                let what = format!("{sid} in transactions only");
                check_reported(&what, &within, &["missing", sid]);
            }
        }
    }
    assert!(keys > 10 && transactions > 4, "{keys}, {transactions}");
}

#[test]
fn what_is_allowed_besides_is_reported_as_too_much() {
    for judge in judges() {
        for (number, statement) in judge.function.statements.iter().enumerate() {
            let sid = statement.sid.as_str();
            for action in [
                "dynamodb:*",
                "dynamodb:Scan",
                "dynamodb:DeleteItem",
                "s3:GetObject",
            ] {
                // It may scan the table of accounts anyway.
                if judge.function.name == READS_ALL && action == "dynamodb:Scan" {
                    continue;
                }
                let more = changed(judge, number, |it| it.actions.push(action.to_string()));
                check_reported(&format!("{action} in {sid}"), &more, &[sid, action]);
            }
            for (target, name) in [
                (Target::Other("*".to_string()), "*"),
                (table("*"), "*"),
                (table("elsewhere"), "elsewhere"),
            ] {
                let more = changed(judge, number, |it| it.resources.push(target));
                let reported = [sid, &format!("on {name} is never used")];
                check_reported(&format!("{sid} on {name} too"), &more, &reported);
            }
            if let Some(keys) = &statement.leading_keys {
                let more = changed(judge, number, |it| {
                    let keys = it.leading_keys.as_mut().unwrap();
                    keys.patterns.push("ELSEWHERE#*".to_string());
                });
                let reported = [sid, "for ELSEWHERE#* is never used"];
                check_reported(&format!("ELSEWHERE#* in {sid}"), &more, &reported);
                for (place, pattern) in keys.patterns.iter().enumerate() {
                    let wider = changed(judge, number, |it| {
                        let keys = it.leading_keys.as_mut().unwrap();
                        keys.patterns[place] = "*".to_string();
                    });
                    let what = format!("* for {pattern} in {sid}");
                    check_reported(&what, &wider, &["missing", pattern, sid]);
                }
            }
            let whole = changed(judge, number, |it| {
                for target in &mut it.resources {
                    if let Target::Table { index, .. } = target {
                        *index = match index {
                            Some(_) => None,
                            None => Some("some-index".to_string()),
                        };
                    }
                }
            });
            if is_about_tables(statement) {
                let what = format!("{sid} on a table for an index, or the other way round");
                check_reported(&what, &whole, &[sid, "is never used"]);
            }
        }
    }
}

#[test]
fn a_whole_statement_too_many_is_reported() {
    let statement = |actions: &[&str], table_name: &str, pattern: &str| Statement {
        sid: PLANTED.to_string(),
        actions: actions.iter().map(|it| format!("dynamodb:{it}")).collect(),
        resources: vec![table(table_name)],
        leading_keys: Some(LeadingKeys {
            patterns: vec![pattern.to_string()],
            required: true,
        }),
        enclosing_operation: None,
    };
    for judge in judges() {
        for (more, reported) in [
            (
                statement(&["PutItem"], "credits", "USER#*"),
                "dynamodb:PutItem on credits outside a transaction",
            ),
            (
                statement(&["UpdateItem"], "users", "STRIPE_CUSTOMER#*"),
                "dynamodb:UpdateItem on users outside a transaction",
            ),
            (
                statement(&["DeleteItem"], "billing", "EVENT#*"),
                "dynamodb:DeleteItem is nothing that a function does",
            ),
            (
                statement(&["Scan"], "users", "USER#*"),
                "dynamodb:Scan is nothing that a function does",
            ),
            (
                statement(&["PartiQLSelect"], "users", "USER#*"),
                "dynamodb:PartiQLSelect is nothing that a function does",
            ),
            (
                statement(&["UpdateItem", "GetItem"], "credits", "RATE#*"),
                "dynamodb:GetItem on credits is never used",
            ),
            (
                statement(&["Query"], "users", "OAUTH_CLIENT#*"),
                "dynamodb:Query on users is never used",
            ),
        ] {
            check_reported(reported, &planted(judge, more), &[PLANTED, reported]);
        }
    }
    let credits = &judges()[0];
    let more = statement(&["UpdateItem", "GetItem"], "credits", "RATE#*");
    let reported = [PLANTED, "rate counters have a statement of their own"];
    check_reported("a counter that is read", &planted(credits, more), &reported);
}

#[test]
fn a_new_or_missing_access_of_a_function_is_reported() {
    // Who reads everything has no keys that could differ.
    let bounded = |judge: &&Judge| judge.function.name != READS_ALL;
    for judge in judges().iter().filter(bounded) {
        let first = judge.seen.iter().next().unwrap();
        for change in [
            |access: &mut Access| access.action = "Scan".to_string(),
            |access: &mut Access| access.table = "elsewhere".to_string(),
            |access: &mut Access| access.index = Some("by-something".to_string()),
            |access: &mut Access| access.leading_keys = ["EMAIL#".to_string()].into(),
            |access: &mut Access| access.leading_keys.clear(),
            |access: &mut Access| _ = access.leading_keys.insert(String::new()),
        ] {
            let mut more = judge.clone();
            let mut access = first.clone();
            change(&mut access);
            more.seen.insert(access.clone());
            let action = format!("dynamodb:{}", access.action);
            let reported = ["missing", action.as_str(), access.table.as_str()];
            check_reported(&format!("{access:?}"), &more, &reported);
        }
        let parts = judge.seen.iter().flat_map(|access| {
            let keys = access.leading_keys.iter();
            keys.map(|key| (access.action.clone(), access.table.clone(), key.clone()))
        });
        for (action, table, key) in parts.collect::<Vec<_>>() {
            // A user id stands for all of them: only the whole access can go.
            let by_user_id = !key.contains('#') && table == "credits";
            let mut less = judge.clone();
            less.seen.retain(|access| {
                let same = access.action == action && access.table == table;
                !(same && (by_user_id || access.leading_keys.contains(&key)))
            });
            let reported = [action.as_str(), table.as_str(), "never used"];
            check_reported(
                &format!("no {action} on {table} for {key}"),
                &less,
                &reported,
            );
        }
    }
}

#[test]
fn a_secret_that_is_not_its_own_or_is_not_allowed_is_reported() {
    let judges = judges();
    let name = "STRIPE_WEBHOOK_SECRET_ARN";
    let webhook = judges
        .iter()
        .find(|it| it.function.variables.contains_key(name));
    let webhook = webhook.unwrap();
    let number = webhook.function.statements.iter().position(reads_secrets);
    let number = number.unwrap();
    let sid = webhook.function.statements[number].sid.as_str();

    let other = Target::Other("arn:aws:secretsmanager:eu-central-1:1:secret:other".to_string());
    let changed_to = changed(webhook, number, |it| it.resources = vec![other.clone()]);
    check_reported(
        "another secret",
        &changed_to,
        &["missing", "GetSecretValue"],
    );
    check_reported(
        "another secret",
        &changed_to,
        &[sid, "secret:other is never used"],
    );

    let write = "secretsmanager:PutSecretValue";
    let more = changed(webhook, number, |it| it.actions.push(write.to_string()));
    check_reported("a secret that is written", &more, &[sid, write]);

    let statement = webhook.function.statements[number].clone();
    let profile = judges
        .iter()
        .find(|it| it.function.name == "profile")
        .unwrap();
    let more = planted(profile, statement);
    check_reported("a secret for others", &more, &[sid, "is never used"]);
}

#[test]
fn a_log_that_is_not_its_own_or_cannot_be_written_is_reported() {
    for judge in judges() {
        let number = judge.function.statements.iter().position(writes_log);
        let number = number.unwrap();
        let sid = judge.function.statements[number].sid.as_str();
        for group in [
            "*",
            "arn:aws:logs:local:000000000000:log-group:/local/other:*",
        ] {
            let other = vec![Target::Other(group.to_string())];
            let changed_to = changed(judge, number, |it| it.resources = other.clone());
            check_reported(
                "another log",
                &changed_to,
                &[sid, &format!("on {group} is never used")],
            );
        }
        let more = "logs:CreateLogGroup";
        let more_of_it = changed(judge, number, |it| it.actions.push(more.to_string()));
        check_reported("more than writing", &more_of_it, &[sid, more]);
        let less = "logs:PutLogEvents";
        let without = changed(judge, number, |it| it.actions.retain(|it| it != less));
        check_reported("a log that cannot be written", &without, &["missing", less]);
    }
}
