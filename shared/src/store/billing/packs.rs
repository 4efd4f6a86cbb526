//! A pack that was bought and paid: one lot, once per payment.

use super::owner::Owner;
use super::plan::{Plan, Task};
use super::sight::Sight;
use crate::domain::billing::{PackBought, PackLot, PackName, PaidFor, ParkReason};
use crate::domain::{Credits, LotId, Price, StripeId, decide};
use crate::store::accounts::Consistency;
use crate::store::keys;
use crate::store::{Store, StoreError};

impl Store {
    pub(super) async fn plan_pack(
        &self,
        task: &Task<'_>,
        sight: &Sight,
        bought: &PackBought,
    ) -> Result<Plan, StoreError> {
        let (user_id, mut parts) = match self.owner(&bought.parties, sight, false)? {
            Owner::Known { user_id, parts } => (user_id, parts),
            Owner::Otherwise(plan) => return Ok(*plan),
        };
        let payment_id = bought.payment.as_ref().unwrap_or(&bought.session);
        match &sight.payment.paid_for {
            None => {}
            // Another event told of it already.
            Some(PaidFor::Pack(_)) => return Ok(Plan::applied(Some(user_id), parts)),
            Some(PaidFor::Invoice(_)) => {
                return Ok(Plan::refused("its payment paid an invoice"));
            }
        }
        let price = match priced(task, bought) {
            Ok(price) => price,
            Err(reason) => return Ok(Plan::parked(reason)),
        };
        let granted = price
            .credits
            .milli()
            .checked_mul(i64::from(bought.quantity));
        let Some(granted) = granted.map(Credits::from_milli) else {
            return Ok(Plan::refused("the amounts are too large"));
        };
        let Ok(lot) = format!("buy:{payment_id}").parse::<LotId>() else {
            return Ok(Plan::refused("its payment makes no name for a lot"));
        };
        let pack = PackLot {
            user_id: user_id.clone(),
            lot,
            starts_at: task.event.created,
            granted,
            paid_minor: bought.paid_minor,
        };
        let mut payment = sight.payment.clone();
        payment.paid_for = Some(PaidFor::Pack(pack.clone()));
        parts.push(self.put_versioned(&keys::payment(payment_id), &payment, sight.payment_seen)?);
        let plan = Plan::applied(Some(user_id.clone()), parts);
        if task.cause_taken {
            return Ok(plan);
        }
        let account = self
            .load_account_until(&user_id, Consistency::Strong, task.deadline)
            .await?;
        let command = task.command(pack.lot.as_str(), pack.grant(payment.returned_minor()))?;
        Ok(match decide(&account, &command, task.now) {
            Ok(decision) => Plan {
                decision: Some(decision),
                ..plan
            },
            Err(refusal) => Plan::refused(refusal),
        })
    }
}

/// The catalogue's price of a pack, if it is what was paid for.
fn priced<'a>(task: &Task<'a>, bought: &PackBought) -> Result<&'a Price, ParkReason> {
    let Some(price) = task.catalogue.pack(&bought.pack) else {
        return Err(match &bought.pack {
            // Known, but no pack.
            PackName::Price(id) if task.catalogue.price(id).is_some() => {
                ParkReason::Mismatch(id.clone())
            }
            PackName::Price(id) => ParkReason::Price(id.clone()),
            PackName::PaymentLink(link) => ParkReason::PaymentLink(link.clone()),
            PackName::Unnamed => ParkReason::Review(bought.session.clone()),
        });
    };
    let expected = price.amount_minor.checked_mul(u64::from(bought.quantity));
    if expected == Some(bought.subtotal_minor) && price.currency == bought.currency {
        return Ok(price);
    }
    let id: Result<StripeId, _> = price.price_id.parse();
    Err(match id {
        Ok(id) => ParkReason::Mismatch(id),
        Err(_) => ParkReason::Review(bought.session.clone()),
    })
}
