//! Suite: no change to a posting about a drip goes unnoticed.
//!
//! The postings themselves and each of their fields changed; the tests that
//! use them are those of all postings.

use super::super::super::{DripTerms, Rollover};
use super::postings::each;
use super::*;

/// Every kind of posting about a drip, with a rollover and without.
pub(super) fn drip_postings() -> Vec<Posting> {
    let drip = lot_id("sub:a");
    let rollover = Rollover {
        months: 2,
        cap: credits("50"),
    };
    vec![
        Posting::DripScheduled(drip_terms("sub:a", 12, "1200")),
        Posting::DripScheduled(DripTerms {
            rollover,
            ..drip_terms("sub:b", 12, "1200")
        }),
        Posting::DripTakenBack {
            drip: drip.clone(),
            taken_back: credits("600"),
        },
        Posting::DripAdvanced {
            drip: drip.clone(),
            next: 3,
        },
        Posting::DripEnded { drip },
    ]
}

/// The terms with one field changed, for every field.
fn changed_terms(terms: &DripTerms) -> Vec<DripTerms> {
    let DripTerms {
        id: _,
        starts_at: _,
        ends_at: _,
        expires_at: _,
        total: _,
        rollover: Rollover { months, cap: _ },
    } = terms;
    each(
        terms,
        &[
            &|it| it.id = lot_id("sub:other"),
            &|it| it.starts_at = it.starts_at.plus_seconds(-1),
            &|it| it.ends_at = it.ends_at.plus_seconds(1),
            &|it| it.expires_at = it.expires_at.plus_seconds(1),
            &|it| it.total = credits("0.001"),
            &|it| it.rollover.months = months.saturating_add(1),
            &|it| it.rollover.months = 0,
            &|it| it.rollover.cap = credits("0.001"),
            &|it| it.rollover.cap = Credits::ZERO,
        ],
    )
}

/// The posting with one field changed, for every field of every kind.
pub(super) fn changed_drip(posting: &Posting) -> Vec<Posting> {
    let other = || lot_id("sub:other");
    match posting.clone() {
        Posting::DripScheduled(terms) => {
            let terms = changed_terms(&terms).into_iter();
            terms.map(Posting::DripScheduled).collect()
        }
        Posting::DripTakenBack { drip, taken_back } => vec![
            Posting::DripTakenBack {
                drip: other(),
                taken_back,
            },
            Posting::DripTakenBack {
                drip,
                taken_back: Credits::ZERO,
            },
        ],
        Posting::DripAdvanced { drip, next } => vec![
            Posting::DripAdvanced {
                drip: other(),
                next,
            },
            Posting::DripAdvanced { drip, next: 0 },
        ],
        Posting::DripEnded { drip: _ } => vec![Posting::DripEnded { drip: other() }],
        _ => unreachable!("not about a drip"),
    }
}
