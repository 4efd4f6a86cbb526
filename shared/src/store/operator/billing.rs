//! What an operator does about events and customers: the same planner and the
//! same writes as for the webhook, with a note of who asks for it and why.

use crate::domain::billing::{
    BillingEvent, Claim, EventOutcome, FactKey, FactValue, OperatorNote, ParkReason, Plan, Planned,
};
use crate::domain::{Posting, StripeId, UserId};
use crate::host::clock::Deadline;
use crate::store::billing::DrainRequest;
use crate::store::billing::facts::{Loaded, key_of_fact};
use crate::store::billing::request::{SettleError, SettleRequest, Settled, SettledEvent};
use crate::store::billing::settle::{RetryHints, asks_for_ever_more};
use crate::store::commit::CommittedWith;
use crate::store::schema::items::{Item, stamp};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::CLAIM;
use crate::store::{Store, StoreError};

/// Whether a customer can become a user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Nobody has it; or nobody had it and it is the user's now.
    Free,
    /// It is that user's already.
    Theirs,
    /// It is somebody else's.
    Taken(UserId),
    /// There is no such user.
    UnknownUser,
}

/// What an act would come to; nothing of it is written.
#[derive(Clone, Debug)]
pub struct OperatorPlan {
    /// What would become of the event.
    pub outcome: EventOutcome,
    /// Why, if it would not be applied.
    pub reason: Option<String>,
    /// Whom it is about, if that is known.
    pub user_id: Option<UserId>,
    /// What it would do to the account.
    pub postings: Vec<Posting>,
    /// What would be written; nothing if all is as it should be already.
    pub writes: Vec<Key>,
    /// What would be looked at again after it.
    pub drains: Vec<ParkReason>,
}

impl Store {
    /// Settles an event because an operator asks for it, with what the request
    /// says of it. Safe to call again, at any time, after any error.
    pub async fn settle_for_operator(
        &self,
        request: SettleRequest<'_>,
        note: &OperatorNote,
    ) -> Result<Settled, SettleError> {
        self.settle_as(request, Some(note)).await
    }

    /// What settling an event would come to; `claimed` is taken for granted.
    pub async fn plan_for_operator(
        &self,
        request: SettleRequest<'_>,
        note: &OperatorNote,
        claimed: Option<(&StripeId, &UserId)>,
    ) -> Result<OperatorPlan, StoreError> {
        let mut loaded = Loaded::default();
        if let Some((customer, user_id)) = claimed {
            let key = FactKey::CustomerClaim(customer.clone());
            let claim = FactValue::Claim(Claim::of(user_id.clone()));
            loaded.facts.insert(key, Some(claim));
        }
        let planning =
            self.plan_with_prices(request, Some(note), RetryHints::default(), &mut loaded);
        match Box::pin(planning).await? {
            Planned::Needs(_) => Err(asks_for_ever_more(request.event)),
            Planned::Plan(plan) => Ok(OperatorPlan::of(request.event, *plan)),
            Planned::Settled {
                outcome,
                reason,
                drains,
            } => Ok(OperatorPlan {
                outcome,
                reason,
                user_id: None,
                postings: Vec::new(),
                writes: Vec::new(),
                drains,
            }),
        }
    }

    /// Whether a customer can become a user's.
    pub async fn check_assignment(
        &self,
        customer: &StripeId,
        user_id: &UserId,
    ) -> Result<Assignment, StoreError> {
        let key = keys::stripe_customer_claim(customer.as_str());
        Ok(match self.load_claim(&key).await? {
            Some(owner) if owner == *user_id => Assignment::Theirs,
            Some(owner) => Assignment::Taken(owner),
            None if self.load_person(user_id).await?.is_known() => Assignment::Free,
            None => Assignment::UnknownUser,
        })
    }

    /// Makes a customer a user's if nobody has it. Whatever is parked for it
    /// from now on is refused and looked at again, so all that waits is what
    /// [`Store::waiting_for`] then finds.
    pub async fn assign_customer(
        &self,
        customer: &StripeId,
        user_id: &UserId,
        note: &OperatorNote,
        deadline: Deadline,
    ) -> Result<Assignment, StoreError> {
        let found = self.check_assignment(customer, user_id).await?;
        if found != Assignment::Free {
            return Ok(found);
        }
        let key = keys::stripe_customer_claim(customer.as_str());
        let claim = Claim {
            operator: Some(note.clone()),
            ..Claim::of(user_id.clone())
        };
        let part = self.put_new(&key, stamp(&key, CLAIM, claim)?)?;
        match self.commit_with(None, vec![part], deadline).await? {
            CommittedWith::Committed => Ok(Assignment::Free),
            // Somebody was quicker, or an answer was lost: it stands as it stands.
            CommittedWith::Moved | CommittedWith::EntryExists => {
                self.check_assignment(customer, user_id).await
            }
        }
    }

    /// The ids of some events that wait for something, and where to go on.
    pub async fn waiting_for(
        &self,
        reason: &ParkReason,
        start: Option<Item>,
    ) -> Result<(Vec<StripeId>, Option<Item>), StoreError> {
        self.waiting_page(reason, start).await
    }

    /// Settles one event that waits for something which an operator has made
    /// known, and what waited for it in turn. What became of them; nothing if
    /// it waits for the same as before.
    pub async fn drain_for_operator(
        &self,
        id: &StripeId,
        reason: &ParkReason,
        request: DrainRequest<'_>,
        note: &OperatorNote,
    ) -> Result<Vec<SettledEvent>, SettleError> {
        let (mut drained, mut more) = (Vec::new(), Vec::new());
        let noted = (&mut drained, &mut more);
        self.drain_one(id, reason, request, Some(note), noted)
            .await?;
        self.drain_all(more, request, &mut drained).await?;
        Ok(drained)
    }
}

impl OperatorPlan {
    fn of(event: &BillingEvent, plan: Plan) -> Self {
        let mut writes: Vec<Key> = plan.puts.keys().map(key_of_fact).collect();
        let places = plan.unparks.iter().chain(&plan.parks);
        writes.extend(places.map(|reason| keys::parked(reason, event.id.as_str())));
        let mut postings = Vec::new();
        if let Some(decision) = plan.decision {
            let user_id = &decision.account.user_id;
            writes.push(keys::account(user_id));
            writes.push(keys::entry(user_id, &decision.entry.key));
            postings = decision.entry.postings;
        }
        OperatorPlan {
            outcome: plan.outcome,
            reason: plan.reason,
            user_id: plan.user_id,
            postings,
            writes,
            drains: plan.drains,
        }
    }
}
