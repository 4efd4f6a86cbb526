//! Statements that name no table: what Lambda does with a function's role for its
//! streams and its queue, and calls of services that no table sees. Nothing here can
//! watch those, so what they must be is written down.

use local::deployment::{Function, Statement, Target};

/// A statement: its function, its name, its actions and its resources.
pub(super) struct Beside {
    function: &'static str,
    sid: &'static str,
    actions: &'static [&'static str],
    resources: &'static [&'static str],
}

const ALL: [Beside; 4] = [
    Beside {
        function: "notify",
        sid: "ReadStreams",
        actions: &[
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        ],
        resources: &[
            "arn:aws:dynamodb:local:000000000000:table/credits/stream/local",
            "arn:aws:dynamodb:local:000000000000:table/notices/stream/local",
        ],
    },
    Beside {
        function: "notify",
        sid: "UseQueue",
        actions: &[
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        ],
        resources: &["arn:aws:sqs:local:000000000000:NotifyQueue"],
    },
    Beside {
        function: "notify",
        sid: "GiveUp",
        actions: &["sqs:SendMessage"],
        resources: &["arn:aws:sqs:local:000000000000:NotifyDeadLetters"],
    },
    Beside {
        function: "notify",
        sid: "SendMail",
        actions: &["ses:SendEmail"],
        // And the identity of `MailIdentityArn`, where one is given.
        resources: &["arn:aws:ses:local:000000000000:configuration-set/local-notices"],
    },
];

impl Beside {
    /// What a statement must be; none if it is about tables.
    pub(super) fn of(statement: &Statement) -> Option<&'static Beside> {
        ALL.iter().find(|beside| beside.sid == statement.sid)
    }

    /// What a function lacks of its statements.
    pub(super) fn missing(function: &Function) -> Vec<String> {
        let mut missing = Vec::new();
        for beside in ALL.iter().filter(|it| it.function == function.name) {
            let mut statements = function.statements.iter();
            let own = statements.find(|statement| statement.sid == beside.sid);
            let has = |action: &str| {
                let mut actions = own.iter().flat_map(|it| &it.actions);
                actions.any(|own| own == action)
            };
            let lacking = beside.actions.iter().filter(|action| !has(action));
            missing.extend(
                lacking.map(|action| {
                    format!("{}: missing: {action} in {}", function.name, beside.sid)
                }),
            );
        }
        missing
    }

    /// What a statement has that it must not have, or lacks of its resources.
    pub(super) fn wrong_with(
        &self,
        statement: &Statement,
        name_of: impl Fn(&Target) -> String,
    ) -> Vec<String> {
        let own: Vec<String> = statement.resources.iter().map(name_of).collect();
        let more = statement.actions.iter();
        let more = more.filter(|action| !self.actions.contains(&action.as_str()));
        let more = more.map(|action| format!("{action} is never used: remove it"));
        let elsewhere = own
            .iter()
            .filter(|it| !self.resources.contains(&it.as_str()));
        let elsewhere = elsewhere.map(|name| format!("it on {name} is never used: remove it"));
        let lacking = self.resources.iter();
        let lacking = lacking.filter(|name| !own.iter().any(|own| own == *name));
        let lacking = lacking.map(|name| format!("missing: it on {name}"));
        more.chain(elsewhere).chain(lacking).collect()
    }
}
