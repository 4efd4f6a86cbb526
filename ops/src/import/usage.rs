//! A row of `usage_history`: the amount used and its purpose.

use shared::domain::{Credits, Operation, PastUse, Timestamp, Usage};

use super::catalogue_names::ModelNames;
use super::file::Row;
use super::reading::Reading;
use super::remark::Remark;
use super::text::{Nano, Round};

/// A parsed row of `usage_history`.
#[derive(Clone, Debug)]
pub(crate) struct UsageRow {
    pub(crate) amount: Credits,
    /// The amount as the row states it.
    pub(crate) reported: Nano,
    pub(crate) at: Option<Timestamp>,
    usage: Usage,
}

impl UsageRow {
    /// The command of a past use, at a time that the account's history allows.
    pub(crate) fn past(self, at: Timestamp) -> PastUse {
        PastUse {
            at,
            amount: self.amount,
            usage: self.usage,
        }
    }
}

/// Reads a row; none if it is refused.
pub(crate) fn read(row: &Row, models: &ModelNames, remarks: &mut Vec<Remark>) -> Option<UsageRow> {
    let mut row = Reading::of(row, remarks);
    let (amount, reported) = row.required_credits("credits_used", Round::Up);
    let model_id = row.text("model_id").map(|id| {
        if !models.is_known(id) {
            row.mend(format!("model {id:?} is not in models.csv: kept as named"));
        }
        models.name_of(id)
    });
    let (input_tokens, output_tokens) = tokens(&mut row);
    let operation = operation(&mut row);
    let at = row.time("created_at");
    row.finish(UsageRow {
        amount,
        reported,
        at,
        usage: Usage {
            model_id,
            operation,
            input_tokens,
            output_tokens,
            session: None,
        },
    })
}

fn operation(row: &mut Reading<'_>) -> Option<Operation> {
    let text = row.word("operation")?;
    let known = [
        Operation::Completion,
        Operation::Chat,
        Operation::Embedding,
        Operation::FunctionCall,
    ];
    let found = known.into_iter().find(|known| known.as_str() == text);
    if found.is_none() {
        row.mend(format!("operation {text:?} is unknown: dropped"));
    }
    found
}

/// The total is the sum of the two. A row with only a total keeps it as input.
fn tokens(row: &mut Reading<'_>) -> (Option<u32>, Option<u32>) {
    let (input, output) = (row.number("input_tokens"), row.number("output_tokens"));
    let Some(total) = row.number("total_tokens") else {
        return (input, output);
    };
    if input.is_none() && output.is_none() {
        row.mend(format!(
            "total_tokens is {total} without input or output: kept as input"
        ));
        return (Some(total), None);
    }
    let sum = u64::from(input.unwrap_or(0)) + u64::from(output.unwrap_or(0));
    if sum != u64::from(total) {
        row.mend(format!(
            "total_tokens is {total} but input and output add up to {sum}: the total is dropped"
        ));
    }
    (input, output)
}
