//! The parts of a rating, packed: a code for the unit, the count and the billionths, each
//! number with seven bits a byte, the low ones first. An entry that names every pool
//! would not fit into a kilobyte otherwise.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::ItemError;
use crate::domain::rating::{NanoCredits, Pool, RateCardId, RatedPart, RatedUnit, Rating};
use crate::store::schema::keys::Key;

/// The parts as one binary attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PackedParts(ByteBuf);

/// What follows from a rating, so that an entry need not say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Derived {
    pub(crate) model_id: Option<String>,
    pub(crate) input_tokens: Option<u32>,
    pub(crate) output_tokens: Option<u32>,
}

impl Derived {
    /// The model of the card, and the tokens of the parts if there are any of tokens.
    pub(crate) fn of(rating: Option<&Rating>) -> Self {
        rating.map_or_else(Derived::default, |rating| Derived {
            model_id: Some(rating.card.model_id().to_string()),
            input_tokens: rating.input_tokens(),
            output_tokens: rating.output_tokens(),
        })
    }
}

/// The rating that is stored as a card's id and packed parts.
pub(crate) fn rating_of(
    key: &Key,
    card: Option<RateCardId>,
    parts: &PackedParts,
) -> Result<Option<Rating>, ItemError> {
    let breakdown = parts.unpacked();
    let breakdown = breakdown.ok_or_else(|| ItemError::new(key, "its parts cannot be read"))?;
    match card {
        Some(card) => Ok(Some(Rating { card, breakdown })),
        None if breakdown.is_empty() => Ok(None),
        None => Err(ItemError::new(key, "its parts have no rate card")),
    }
}

const REQUEST: u8 = 32;
const IMAGES: u8 = 33;
const PROVIDER_COST: u8 = 34;
const ROUNDING: u8 = 35;

/// The code of a pool, which never changes.
fn code(pool: Pool) -> u8 {
    match pool {
        Pool::Input => 0,
        Pool::CachedInput => 1,
        Pool::CacheWrite => 2,
        Pool::Output => 3,
        Pool::Reasoning => 4,
        Pool::InputAudio => 5,
        Pool::OutputAudio => 6,
    }
}

impl PackedParts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn of(parts: &[RatedPart]) -> Self {
        let mut bytes = Vec::new();
        for RatedPart { unit, count, cost } in parts {
            match unit {
                RatedUnit::Tokens(pool) => bytes.push(code(*pool)),
                RatedUnit::Request => bytes.push(REQUEST),
                RatedUnit::Images { size, quality } => {
                    bytes.push(IMAGES);
                    push_text(&mut bytes, size);
                    push_text(&mut bytes, quality);
                }
                RatedUnit::ProviderCost => bytes.push(PROVIDER_COST),
                RatedUnit::Rounding => bytes.push(ROUNDING),
            }
            push_number(&mut bytes, *count);
            push_number(&mut bytes, cost.get());
        }
        PackedParts(ByteBuf::from(bytes))
    }

    /// The parts; none if the bytes are not what [`PackedParts::of`] writes.
    pub(crate) fn unpacked(&self) -> Option<Vec<RatedPart>> {
        let mut rest = self.0.as_slice();
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let unit = match take_byte(&mut rest)? {
                REQUEST => RatedUnit::Request,
                IMAGES => RatedUnit::Images {
                    size: take_text(&mut rest)?,
                    quality: take_text(&mut rest)?,
                },
                PROVIDER_COST => RatedUnit::ProviderCost,
                ROUNDING => RatedUnit::Rounding,
                other => {
                    let pool = Pool::ALL.into_iter().find(|pool| code(*pool) == other)?;
                    RatedUnit::Tokens(pool)
                }
            };
            let count = take_number(&mut rest)?;
            let cost = NanoCredits::new(take_number(&mut rest)?.into())?;
            parts.push(RatedPart { unit, count, cost });
        }
        Some(parts)
    }
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while let Some(byte) = u8::try_from(number & 0x7f).ok().filter(|_| number > 0x7f) {
        bytes.push(byte | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or(0x7f));
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    push_number(bytes, u64::try_from(text.len()).unwrap_or(u64::MAX));
    bytes.extend(text.as_bytes());
}

fn take_byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(*first)
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in (0..64).step_by(7) {
        let byte = take_byte(rest)?;
        let bits = u64::from(byte & 0x7f);
        let placed = bits.checked_shl(place)?;
        if placed >> place != bits {
            return None;
        }
        number |= placed;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(take_number(rest)?).ok()?;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random::{cases, ratings};
    use super::*;

    proptest! {
        #![proptest_config(cases(256))]

        #[test]
        fn parts_are_read_back_as_they_were_packed(rating in ratings()) {
            let packed = PackedParts::of(&rating.breakdown);
            prop_assert_eq!(packed.unpacked(), Some(rating.breakdown));
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let packed = PackedParts(ByteBuf::from(bytes));
            if let Some(parts) = packed.unpacked() {
                prop_assert!(parts.len() <= 60);
            }
        }
    }

    #[test]
    fn a_number_takes_a_byte_for_every_seven_bits() {
        for (number, bytes) in [
            (0, 1),
            (127, 1),
            (128, 2),
            (16_383, 2),
            (16_384, 3),
            (u64::MAX, 10),
        ] {
            let mut packed = Vec::new();
            push_number(&mut packed, number);
            assert_eq!(packed.len(), bytes, "{number}");
            assert_eq!(take_number(&mut packed.as_slice()), Some(number));
        }
    }
}
