//! Holds the statements of one function against what it was seen to do: what
//! is missing, what is more than it needs, and what no role of ours may have.

use std::collections::BTreeSet;

use local::deployment::{Function, Statement, Target};
use local::dynamodb::Access;

use super::beside::Beside;

/// The index whose partition key is a user id: it has no prefix to ask for.
const BY_USER_ID: (&str, &str) = ("credits", "entries-by-time");

/// What is updated outside a transaction, by function, table and key: the rate
/// counters, what a person has chosen, and sign-ins. Everything else is about money,
/// or creates somebody.
const WRITTEN_ALONE: [(&str, &str, &str); 11] = [
    ("billing", "credits", RATE_COUNTERS),
    ("credits", "credits", RATE_COUNTERS),
    ("profile", "credits", RATE_COUNTERS),
    ("profile", "users", "USER#*"),
    // Deliveries, what endpoints went through, tests of them, addresses that bounce, the
    // keys of links.
    ("notify", "notices", "USER#*"),
    ("notify", "notices", "ENDPOINTS"),
    ("notify", "notices", "TEST#*"),
    ("notify", "notices", "SUPPRESSED#*"),
    // How far the check of all accounts has come.
    ("watch", "notices", "WATCH"),
    ("notify", "notices", "LINK_KEYS"),
    // When a user last signed in.
    ("token", "users", "USER#*"),
];
const RATE_COUNTERS: &str = "RATE#*";

/// It checks every account, so it reads whole tables, and writes nothing of them.
pub(super) const READS_ALL: &str = "watch";

const READS: [&str; 3] = ["GetItem", "BatchGetItem", "Query"];
const WRITES: [&str; 3] = ["PutItem", "UpdateItem", "ConditionCheckItem"];

const SECRET_IS_READ: &str = "secretsmanager:GetSecretValue";

/// What Lambda does with a function's role for its log; the group is the stack's.
const LOG_IS_WRITTEN: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

/// A function as the template has it, and what it was seen to do.
#[derive(Clone)]
pub(super) struct Judge {
    pub(super) function: Function,
    pub(super) seen: BTreeSet<Access>,
}

impl Judge {
    /// All that is wrong with its statements.
    pub(super) fn findings(&self) -> Vec<String> {
        let mut findings = self.missing();
        for statement in &self.function.statements {
            let wrong = if reads_secrets(statement) {
                self.wrong_with_secret(statement)
            } else if writes_log(statement) {
                self.wrong_with_log(statement)
            } else if let Some(beside) = Beside::of(statement) {
                beside.wrong_with(statement, name_of)
            } else {
                let mut wrong = self.wrong_in_shape(statement);
                wrong.extend(self.unused(statement));
                wrong
            };
            let place = format!("{}: {}", self.function.name, statement.sid);
            findings.extend(wrong.into_iter().map(|wrong| format!("{place}: {wrong}")));
        }
        findings
    }

    /// What the function does and no statement allows.
    fn missing(&self) -> Vec<String> {
        let statements = &self.function.statements;
        let denied = |access: &&Access| !statements.iter().any(|other| allows(other, access));
        let accesses = self.seen.iter().filter(denied).map(|access| {
            let near = statements.iter().filter(|other| is_on(other, access));
            let near: Vec<&str> = near.map(|other| other.sid.as_str()).collect();
            let near = near.join(", ");
            let what = describe(access);
            format!(
                "{}: missing: {what}; what there is on it: {near}",
                self.function.name
            )
        });
        let secrets = self.secrets().into_iter().filter(|arn| {
            !statements
                .iter()
                .any(|other| reads_secrets(other) && on_secret(other, arn))
        });
        let secrets = secrets
            .map(|arn| format!("{}: missing: {SECRET_IS_READ} on {arn}", self.function.name));
        let log = LOG_IS_WRITTEN.iter().filter(|action| {
            let has = |it: &Statement| it.actions.iter().any(|own| own == *action);
            !statements.iter().any(has)
        });
        let log = log.map(|action| format!("{}: missing: {action}", self.function.name));
        let beside = Beside::missing(&self.function);
        accesses.chain(secrets).chain(log).chain(beside).collect()
    }

    /// What a statement allows and the function does not do.
    fn unused(&self, statement: &Statement) -> Vec<String> {
        let mut unused = Vec::new();
        for action in &statement.actions {
            for target in &statement.resources {
                let used: Vec<&Access> = self
                    .seen
                    .iter()
                    .filter(|access| named(access) == *action && is_target(target, access))
                    .filter(|access| allows(statement, access))
                    .collect();
                let on = format!("{action} on {}", name_of(target));
                if used.is_empty() {
                    unused.push(format!("{on} is never used: remove it"));
                    continue;
                }
                let patterns = statement
                    .leading_keys
                    .iter()
                    .flat_map(|keys| &keys.patterns);
                for pattern in patterns {
                    let is_used = |access: &&Access| {
                        let mut keys = access.leading_keys.iter();
                        keys.any(|key| pattern_of(key) == *pattern)
                    };
                    if !used.iter().any(is_used) {
                        unused.push(format!("{on} for {pattern} is never used: remove it"));
                    }
                }
                let enclosing: BTreeSet<_> =
                    used.iter().map(|it| &it.enclosing_operation).collect();
                let enclosing: Vec<_> = enclosing.into_iter().collect();
                if let ([Some(operation)], None) =
                    (enclosing.as_slice(), &statement.enclosing_operation)
                {
                    unused.push(format!(
                        "{on} is only used in {operation}: demand it by dynamodb:EnclosingOperation"
                    ));
                }
            }
        }
        unused
    }

    /// What no statement about tables may look like, used or not.
    fn wrong_in_shape(&self, statement: &Statement) -> Vec<String> {
        let mut wrong = Vec::new();
        for action in &statement.actions {
            let name = action.strip_prefix("dynamodb:").unwrap_or_default();
            let is_credits = |target: &Target| matches!(target, Target::Table { table, index: None } if table == "credits");
            let scans = name == "Scan"
                && self.function.name == READS_ALL
                && statement.resources.iter().all(is_credits);
            if !READS.contains(&name) && !WRITES.contains(&name) && !scans {
                wrong.push(format!("{action} is nothing that a function does"));
            }
            if WRITES.contains(&name) && statement.enclosing_operation.is_none() {
                wrong.extend(self.wrong_when_alone(statement, action));
            }
        }
        let is_by_user_id = |target: &Target| {
            matches!(target, Target::Table { table, index: Some(index) }
                if (table.as_str(), index.as_str()) == BY_USER_ID)
        };
        for target in &statement.resources {
            match target {
                Target::Table { table, .. } if !table.contains('*') => {}
                _ => wrong.push(format!("{} is no table", name_of(target))),
            }
        }
        match &statement.leading_keys {
            Some(keys) if keys.required => {}
            Some(_) => wrong.push(
                "a request without keys passes: add Null beside dynamodb:LeadingKeys".to_string(),
            ),
            None if statement.resources.iter().all(is_by_user_id) => {}
            None if self.function.name == READS_ALL && !writes(statement) => {}
            None => wrong.push("any key passes: limit dynamodb:LeadingKeys".to_string()),
        }
        wrong
    }

    /// What is wrong with a statement that allows a write outside a transaction.
    fn wrong_when_alone(&self, statement: &Statement, action: &str) -> Vec<String> {
        let keys = statement.leading_keys.as_ref();
        let patterns = keys.map_or(Vec::new(), |keys| keys.patterns.clone());
        let mut wrong = Vec::new();
        for target in &statement.resources {
            let Target::Table { table, index: None } = target else {
                continue;
            };
            let may = |pattern: &String| {
                let it = (
                    self.function.name.as_str(),
                    table.as_str(),
                    pattern.as_str(),
                );
                WRITTEN_ALONE.contains(&it)
            };
            // Items of the notices table are put whole, each on the version seen.
            let updates = action == "dynamodb:UpdateItem" || table == "notices";
            if !updates || patterns.is_empty() || !patterns.iter().all(may) {
                wrong.push(format!(
                    "{action} on {table} outside a transaction: add dynamodb:EnclosingOperation"
                ));
            }
        }
        let counts = patterns.iter().any(|pattern| pattern == RATE_COUNTERS);
        if counts && (patterns.len() > 1 || statement.actions.len() > 1) {
            wrong.push("rate counters have a statement of their own".to_string());
        }
        wrong
    }

    /// A secret is read by its name, and by whom its name is given to.
    fn wrong_with_secret(&self, statement: &Statement) -> Vec<String> {
        let mut wrong = Vec::new();
        for action in &statement.actions {
            if action != SECRET_IS_READ {
                wrong.push(format!("{action} stands beside {SECRET_IS_READ}"));
            }
        }
        let own = self.secrets();
        for target in &statement.resources {
            if !own.iter().any(|arn| *target == Target::Other(arn.clone())) {
                let name = name_of(target);
                wrong.push(format!(
                    "{SECRET_IS_READ} on {name} is never used: remove it"
                ));
            }
        }
        wrong
    }

    /// A function writes to the log group that it is given, and to no other.
    fn wrong_with_log(&self, statement: &Statement) -> Vec<String> {
        let mut wrong = Vec::new();
        for action in &statement.actions {
            if !LOG_IS_WRITTEN.contains(&action.as_str()) {
                wrong.push(format!("{action} is nothing that writing a log takes"));
            }
        }
        let own = self.function.log_group.clone().map(Target::Other);
        for target in &statement.resources {
            if Some(target) != own.as_ref() {
                let name = name_of(target);
                wrong.push(format!("a log on {name} is never used: remove it"));
            }
        }
        wrong
    }

    /// The secrets that the function's variables name.
    fn secrets(&self) -> Vec<String> {
        let variables = self.function.variables.iter();
        let secrets = variables.filter(|(name, _)| name.ends_with("_SECRET_ARN"));
        secrets.map(|(_, arn)| arn.clone()).collect()
    }
}

pub(super) fn reads_secrets(statement: &Statement) -> bool {
    let mut actions = statement.actions.iter();
    actions.any(|action| action.starts_with("secretsmanager:"))
}

pub(super) fn writes_log(statement: &Statement) -> bool {
    let mut actions = statement.actions.iter();
    actions.any(|action| action.starts_with("logs:"))
}

pub(super) fn writes(statement: &Statement) -> bool {
    let names = statement.actions.iter();
    let mut names = names.filter_map(|action| action.strip_prefix("dynamodb:"));
    names.any(|name| WRITES.contains(&name))
}

fn on_secret(statement: &Statement, arn: &str) -> bool {
    let wanted = Target::Other(arn.to_string());
    statement
        .actions
        .iter()
        .any(|action| action == SECRET_IS_READ)
        && statement.resources.contains(&wanted)
}

/// Whether IAM would let the access pass by this statement alone.
fn allows(statement: &Statement, access: &Access) -> bool {
    let keys_match = match &statement.leading_keys {
        None => true,
        Some(keys) => {
            let mut own = access.leading_keys.iter();
            (!keys.required || !access.leading_keys.is_empty())
                && own.all(|key| keys.patterns.contains(&pattern_of(key)))
        }
    };
    statement.actions.contains(&named(access))
        && is_on(statement, access)
        && keys_match
        && (statement.enclosing_operation.is_none()
            || statement.enclosing_operation == access.enclosing_operation)
}

fn is_on(statement: &Statement, access: &Access) -> bool {
    let mut targets = statement.resources.iter();
    targets.any(|target| is_target(target, access))
}

fn is_target(target: &Target, access: &Access) -> bool {
    *target
        == Target::Table {
            table: access.table.clone(),
            index: access.index.clone(),
        }
}

/// The action in IAM's words.
fn named(access: &Access) -> String {
    format!("dynamodb:{}", access.action)
}

/// The only pattern that a key may pass by: a wider one would let others pass too.
fn pattern_of(key: &str) -> String {
    if key.ends_with('#') {
        format!("{key}*")
    } else {
        key.to_string()
    }
}

fn name_of(target: &Target) -> String {
    match target {
        Target::Table { table, index: None } => table.clone(),
        Target::Table {
            table,
            index: Some(index),
        } => format!("{table}/{index}"),
        Target::Other(arn) => arn.clone(),
    }
}

fn describe(access: &Access) -> String {
    let keys: Vec<String> = access
        .leading_keys
        .iter()
        .map(|key| pattern_of(key))
        .collect();
    let target = Target::Table {
        table: access.table.clone(),
        index: access.index.clone(),
    };
    let within = match &access.enclosing_operation {
        Some(operation) => format!(" in {operation}"),
        None => String::new(),
    };
    let (action, target, keys) = (named(access), name_of(&target), keys.join(" and "));
    format!("{action} on {target} for {keys}{within}")
}
