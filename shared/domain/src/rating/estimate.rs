//! The most that a call may cost, before it is made.

use std::collections::BTreeMap;

use super::rate::times;
use super::{ImageUse, NanoCredits, Pool, ProviderCost, RateCard, RatingError};
use crate::Credits;

/// What is known of a call before it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Input tokens, cached or not.
    pub input: u32,
    /// Output tokens at most, reasoning included.
    pub max_output: u32,
    /// Audio tokens in.
    pub input_audio: u32,
    /// Audio tokens out at most.
    pub max_output_audio: u32,
    /// Images at most.
    pub images: Vec<ImageUse>,
    /// The maker's cost in money at most.
    pub provider_cost: Option<ProviderCost>,
}

const OF_INPUT: [Pool; 3] = [Pool::Input, Pool::CachedInput, Pool::CacheWrite];
const OF_OUTPUT: [Pool; 2] = [Pool::Output, Pool::Reasoning];

impl RateCard {
    /// The most that a call within the estimate can cost: each token at the dearest
    /// rate of the pools it may be counted in, at the dearest tier that its context may
    /// reach.
    pub fn estimate(&self, estimate: &Estimate) -> Result<Credits, RatingError> {
        let context = u64::from(estimate.input).saturating_add(u64::from(estimate.input_audio));
        let shortest = self.tokens_at_most(estimate, &self.rates(0))?;
        let mut tokens = shortest;
        for tier in &self.tiers {
            let length = u64::from(tier.above_input_tokens).saturating_add(1);
            if length <= context {
                tokens = tokens.max(self.tokens_at_most(estimate, &self.rates(length))?);
            }
        }
        let mut sum = tokens.plus(self.request()?);
        for image in estimate.images.iter().filter(|image| image.count > 0) {
            let cost = self.images(image)?;
            sum = sum.and_then(|sum| sum.plus(cost));
        }
        if let Some(cost) = estimate.provider_cost {
            let cost = self.money(cost)?;
            sum = sum.and_then(|sum| sum.plus(cost));
        }
        Ok(sum.ok_or(RatingError::TooMuch)?.to_credits())
    }

    fn tokens_at_most(
        &self,
        estimate: &Estimate,
        rates: &BTreeMap<Pool, Credits>,
    ) -> Result<NanoCredits, RatingError> {
        let groups: [(u32, &[Pool]); 4] = [
            (estimate.input, &OF_INPUT),
            (estimate.max_output, &OF_OUTPUT),
            (estimate.input_audio, &[Pool::InputAudio]),
            (estimate.max_output_audio, &[Pool::OutputAudio]),
        ];
        let mut sum = NanoCredits::ZERO;
        for (count, pools) in groups.into_iter().filter(|(count, _)| *count > 0) {
            let dearest = pools.iter().filter_map(|pool| rates.get(pool)).max();
            let first = pools.first().copied().unwrap_or(Pool::Input);
            let dearest = dearest.ok_or_else(|| RatingError::NoPool {
                card: self.id.clone(),
                pool: first,
            })?;
            let cost = times(u64::from(count), *dearest, 1)?;
            sum = sum.plus(cost).ok_or(RatingError::TooMuch)?;
        }
        Ok(sum)
    }
}
