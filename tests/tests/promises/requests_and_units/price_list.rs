//! The price list of all routes; beside it `GET /api/user/credits` has one of
//! its own with the limiter. Costs are requests, read units in halves, write units in halves.
//! A failed condition is a request without units: the error does not tell them.

use super::rows::{Cold, Row, Step, Warm, row};
use super::{COMMIT, COUNT, Cost, READ, STRONG_READ, STRONG_READS};

/// A transaction that met an entry, and the one without it.
const MET_AND_COMMIT: Cost = ("TransactWriteItems", 2, 0, 10);
/// A transaction whose condition failed; what it returned is the answer.
pub(super) const MET: Cost = ("TransactWriteItems", 1, 0, 0);
/// The command's entry and the hold's, strongly, found or not.
const TWO_ENTRIES: Cost = ("BatchGetItem", 1, 4, 0);
/// A commit after which a lot leaves: one item more.
const ARCHIVING: Cost = ("TransactWriteItems", 1, 0, 14);
/// All of a person, or all models, strongly, in less than 4 KB.
pub(super) const STRONG_QUERY: Cost = ("Query", 1, 2, 0);
/// The models, and a person's profile and preferences.
const STRONG_QUERIES: Cost = ("Query", 2, 4, 0);
/// One page of the index, in less than 4 KB.
const PAGE: Cost = ("Query", 1, 1, 0);

const CHARGE: Step = ("post-charge", "c", r#"{"amount":"1.5"}"#);
const OTHER: Step = ("post-charge", "o", r#"{"amount":"1.5"}"#);
const REUSED: Step = ("post-charge", "c", r#"{"amount":2}"#);
const TOO_MUCH: Step = ("post-charge", "t", r#"{"amount":1000000}"#);
const WITH_MODEL: Step = ("post-charge", "m", r#"{"amount":1,"modelId":"gpt-5"}"#);
const FULL: Step = ("post-charge", "f", "");

const BY_USE: Step = (
    "post-charge",
    "u",
    r#"{"modelId":"gpt-5","usage":{"input":9,"output":1}}"#,
);
const NO_RATE: Step = (
    "post-charge",
    "n",
    r#"{"modelId":"gpt-5","usage":{"outputAudio":1}}"#,
);
const TWO: Step = (
    "post-charges-batch",
    "",
    r#"{"charges":[{"idempotencyKey":"c-$n","amount":"1.5"},{"idempotencyKey":"d-$n","amount":1}]}"#,
);
const TWO_AND_ONE_REFUSED: Step = (
    "post-charges-batch",
    "",
    r#"{"charges":[{"idempotencyKey":"a-$n","amount":1},{"idempotencyKey":"t-$n","amount":1000000},
        {"idempotencyKey":"b-$n","amount":1}]}"#,
);
const QUOTE: Step = ("post-quotes", "", "");
/// Two entries with their rows in the index, and the account.
const COMMIT_OF_TWO: Cost = ("TransactWriteItems", 1, 0, 16);
/// The entry of one command, strongly.
const ONE_ENTRY: Cost = ("BatchGetItem", 1, 2, 0);

const HOLD: Step = ("post-hold", "h", r#"{"amount":100}"#);
const HOLD_TOO_MUCH: Step = ("post-hold", "t", r#"{"amount":1000000}"#);
const EXTEND: Step = ("post-hold-extend", "e", "");
const REPORT: Step = ("post-hold-report", "r", "");
const COMMIT_HOLD: Step = ("post-hold-commit", "x", r#"{"amount":50}"#);
const COMMIT_AGAIN: Step = ("post-hold-commit", "y", r#"{"amount":50}"#);
const RELEASE: Step = ("post-hold-release", "z", "");

/// Charges.
#[rustfmt::skip] // one line a row
pub(super) const CHARGES: [Row; 26] = [
    row("accepted", &[], Cold, CHARGE, 201, &[STRONG_READ, COMMIT]),
    row("accepted", &[OTHER], Warm, CHARGE, 201, &[COMMIT]),
    row("replayed", &[CHARGE], Cold, CHARGE, 201, &[STRONG_READ, MET]),
    row("replayed", &[CHARGE], Warm, CHARGE, 201, &[MET]),
    row("refused", &[], Cold, TOO_MUCH, 402, &[STRONG_READS]),
    row("refused", &[CHARGE], Warm, TOO_MUCH, 402, &[STRONG_READS]),
    row("reused key", &[CHARGE], Cold, REUSED, 422, &[STRONG_READ, MET]),
    row("reused key", &[CHARGE], Warm, REUSED, 422, &[MET]),
    row("a model", &[], Cold, WITH_MODEL, 201, &[STRONG_READ, STRONG_QUERY, COMMIT]),
    row("a model again", &[WITH_MODEL], Warm, CHARGE, 201, &[COMMIT]),
    row("all fields", &[WITH_MODEL], Warm, FULL, 201, &[COMMIT]),
    row("a lot leaves", &[("clock", "", "P1M")], Cold, CHARGE, 201, &[STRONG_READ, ARCHIVING]),
    row("not a field", &[], Cold, ("post-charge", "c", r#"{"x":1}"#), 422, &[]),
    row("no JSON", &[], Cold, ("post-charge", "c", "{"), 400, &[]),
    row("by use", &[], Cold, BY_USE, 201, &[STRONG_READ, STRONG_QUERY, COMMIT]),
    row("by use again", &[WITH_MODEL], Warm, BY_USE, 201, &[COMMIT]),
    row("by use, replayed", &[BY_USE], Warm, BY_USE, 201, &[MET]),
    row("no rate", &[BY_USE], Warm, NO_RATE, 422, &[STRONG_READS]),
    row("two", &[], Cold, TWO, 200, &[STRONG_READ, COMMIT_OF_TWO]),
    row("two", &[OTHER], Warm, TWO, 200, &[COMMIT_OF_TWO]),
    row("two, replayed", &[TWO], Warm, TWO, 200, &[MET]),
    row("one of two is done", &[CHARGE], Warm, TWO, 200, &[MET_AND_COMMIT]),
    row("one of three is refused", &[OTHER], Warm, TWO_AND_ONE_REFUSED, 200, &[ONE_ENTRY, COMMIT_OF_TWO]),
    row("no charges", &[], Cold, ("post-charges-batch", "", "{}"), 422, &[]),
    row("quoted", &[], Cold, QUOTE, 200, &[STRONG_QUERY, COUNT]),
    row("quoted again", &[QUOTE], Warm, QUOTE, 200, &[COUNT]),
];

/// Holds and everything that is asked of them.
#[rustfmt::skip] // one line a row
pub(super) const HOLDS: [Row; 27] = [
    row("accepted", &[], Cold, HOLD, 201, &[STRONG_READ, COMMIT]),
    row("accepted", &[CHARGE], Warm, HOLD, 201, &[COMMIT]),
    row("replayed", &[HOLD], Cold, HOLD, 201, &[STRONG_READS]),
    row("replayed", &[HOLD], Warm, HOLD, 201, &[STRONG_READS]),
    row("refused", &[CHARGE], Warm, HOLD_TOO_MUCH, 402, &[STRONG_READS]),
    row("extended", &[HOLD], Cold, EXTEND, 200, &[STRONG_READ, COMMIT]),
    row("extended", &[HOLD], Warm, EXTEND, 200, &[COMMIT]),
    row("extended, replayed", &[HOLD, EXTEND], Cold, EXTEND, 200, &[STRONG_READ, MET]),
    row("extended, replayed", &[HOLD, EXTEND], Warm, EXTEND, 200, &[MET]),
    row("no hold to extend", &[], Cold, EXTEND, 404, &[TWO_ENTRIES, STRONG_READ]),
    row("reported", &[HOLD], Cold, REPORT, 200, &[STRONG_READ, COMMIT]),
    row("reported", &[HOLD], Warm, REPORT, 200, &[COMMIT]),
    row("reported, replayed", &[HOLD, REPORT], Warm, REPORT, 200, &[MET]),
    row("no hold to report", &[CHARGE], Warm, REPORT, 404, &[TWO_ENTRIES, STRONG_READ]),
    row("committed", &[HOLD], Cold, COMMIT_HOLD, 200, &[STRONG_READ, COMMIT]),
    row("committed", &[HOLD], Warm, COMMIT_HOLD, 200, &[COMMIT]),
    row("replayed", &[HOLD, COMMIT_HOLD], Cold, COMMIT_HOLD, 200, &[TWO_ENTRIES, STRONG_READ]),
    row("replayed", &[HOLD, COMMIT_HOLD], Warm, COMMIT_HOLD, 200, &[TWO_ENTRIES, STRONG_READ]),
    row("done before", &[HOLD, COMMIT_HOLD], Cold, COMMIT_AGAIN, 409, &[TWO_ENTRIES, STRONG_READ]),
    row("released", &[HOLD, RELEASE], Warm, COMMIT_HOLD, 409, &[TWO_ENTRIES, STRONG_READ]),
    row("no hold to commit", &[], Cold, COMMIT_HOLD, 404, &[TWO_ENTRIES, STRONG_READ]),
    row("released", &[HOLD], Cold, RELEASE, 200, &[STRONG_READ, COMMIT]),
    row("released", &[HOLD], Warm, RELEASE, 200, &[COMMIT]),
    row("replayed", &[HOLD, RELEASE], Warm, RELEASE, 200, &[TWO_ENTRIES, STRONG_READ]),
    row("committed", &[HOLD, COMMIT_HOLD], Cold, RELEASE, 409, &[TWO_ENTRIES, STRONG_READ]),
    row("expired", &[HOLD, ("clock", "", "PT1H")], Cold, EXTEND, 409, &[STRONG_READS]),
    row("late", &[HOLD, ("clock", "", "PT1H")], Cold, COMMIT_HOLD, 200, &[STRONG_READ, COMMIT]),
];

const PLAIN: Step = ("patch-preferences", "", r#"{"usageAlerts":true}"#);
const CHOOSE: Step = ("patch-preferences", "", r#"{"defaultModel":"gpt-5"}"#);
const MODELS: Step = ("get-models", "", "");
pub(super) const WRITE: Cost = ("UpdateItem", 1, 0, 2);
/// A user's count, and what is changed.
pub(super) const COUNT_AND_WRITE: Cost = ("UpdateItem", 2, 0, 4);

/// What is read, and preferences.
#[rustfmt::skip] // one line a row
pub(super) const READS: [Row; 20] = [
    row("full", &[], Cold, ("get-credits", "", ""), 200, &[READ, COUNT]),
    row("full", &[], Cold, ("get-user-credits", "", ""), 200, &[STRONG_READ]),
    row("full", &[CHARGE], Warm, ("get-user-credits", "", ""), 200, &[STRONG_READ]),
    row("then a charge", &[("get-user-credits", "", "")], Warm, CHARGE, 201, &[COMMIT]),
    row("a page", &[CHARGE], Cold, ("get-history", "", ""), 200, &[PAGE, COUNT]),
    row("filtered", &[CHARGE], Cold, ("get-history", "", "kind=charge"), 200, &[PAGE, COUNT]),
    row("too many", &[], Cold, ("get-history", "", "limit=101"), 422, &[]),
    row("by day", &[CHARGE], Cold, ("get-usage", "", ""), 200, &[PAGE, COUNT]),
    row("by model", &[CHARGE], Cold, ("get-usage", "", "groupBy=model"), 200, &[PAGE, COUNT]),
    row("too long", &[], Cold, ("get-usage", "", "from=2025-01-01"), 422, &[]),
    row("full", &[], Cold, ("get-profile", "", ""), 200, &[STRONG_QUERY, COUNT]),
    row("full", &[], Cold, ("get-user", "", ""), 200, &[READ, STRONG_QUERY, COUNT]),
    row("full", &[], Cold, ("get-preferences", "", ""), 200, &[STRONG_QUERY, COUNT]),
    row("changed", &[], Cold, PLAIN, 200, &[STRONG_QUERY, COUNT_AND_WRITE]),
    row("a model", &[], Cold, CHOOSE, 200, &[STRONG_QUERIES, COUNT_AND_WRITE]),
    row("a model again", &[CHOOSE], Warm, CHOOSE, 200, &[STRONG_QUERY, COUNT_AND_WRITE]),
    row("empty", &[], Cold, ("patch-preferences", "", "{}"), 422, &[COUNT]),
    row("full", &[], Cold, MODELS, 200, &[STRONG_QUERY, COUNT]),
    row("within five minutes", &[MODELS, ("clock", "", "PT4M59S")], Warm, MODELS, 200, &[COUNT]),
    row("after five minutes", &[MODELS, ("clock", "", "PT5M")], Warm, MODELS, 200, &[STRONG_QUERY, COUNT]),
];
