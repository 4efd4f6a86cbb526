//! Random drips and postings about them, for the properties of items.

use proptest::prelude::*;

use super::{amounts, lot_ids, moments};
use crate::domain::{Drip, DripTerms, MAX_DRIP_MONTHS, Posting, Rollover, Timestamp};

fn drip_terms() -> impl Strategy<Value = DripTerms> {
    let times = (moments(), 1..=MAX_DRIP_MONTHS, 0..100_i64);
    let rollover = (0..3_u32, amounts()).prop_map(|(months, cap)| Rollover { months, cap });
    (lot_ids(), times, amounts(), rollover).prop_map(
        |(id, (starts_at, months, grace), total, rollover)| {
            // The very last moment has no month after it.
            let starts_at = starts_at.min(Timestamp::MAX.plus_seconds(-1));
            let ends_at = starts_at.plus_months(months);
            DripTerms {
                id,
                starts_at,
                ends_at,
                expires_at: ends_at.plus_seconds(grace),
                total,
                rollover,
            }
        },
    )
}

pub(super) fn drips() -> impl Strategy<Value = Drip> {
    (drip_terms(), amounts(), any::<u32>()).prop_map(|(terms, taken_back, next)| Drip {
        taken_back: taken_back.min(terms.total),
        next: next % terms.month_count().unwrap(),
        terms,
    })
}

pub(super) fn drip_postings() -> impl Strategy<Value = Posting> {
    prop_oneof![
        drip_terms().prop_map(Posting::DripScheduled),
        (lot_ids(), amounts())
            .prop_map(|(drip, taken_back)| Posting::DripTakenBack { drip, taken_back }),
        (lot_ids(), any::<u32>()).prop_map(|(drip, next)| Posting::DripAdvanced { drip, next }),
        lot_ids().prop_map(|drip| Posting::DripEnded { drip }),
    ]
}
