//! The size of an item by DynamoDB's published rules; it decides how many write units a
//! commit costs. Source: DynamoDB developer guide, "Item sizes and formats".

use aws_sdk_dynamodb::types::AttributeValue::{self, B, Bool, L, M, N, Null, S};

use super::Item;

/// Names and values together, in bytes.
pub(crate) fn size_bytes(item: &Item) -> usize {
    let attributes = item.iter();
    attributes
        .map(|(name, value)| name.len() + value_bytes(value))
        .sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        S(text) => text.len(),
        // One byte for every two significant digits, plus one; the sign takes another.
        N(number) => {
            let digits = number.trim_start_matches('-').trim_end_matches('0').len();
            digits.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
        }
        B(bytes) => bytes.as_ref().len(),
        Bool(_) | Null(_) => 1,
        // Three bytes for the list or map, plus one for each element.
        L(values) => {
            3 + values
                .iter()
                .map(|value| 1 + value_bytes(value))
                .sum::<usize>()
        }
        M(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| 1 + name.len() + value_bytes(value));
            3 + fields.sum::<usize>()
        }
        // Items use no other types; overestimate any that appears.
        _ => 1024,
    }
}
