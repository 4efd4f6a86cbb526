//! An operator's actions on events and customers: the same planner and the same writes
//! as for the webhook, with a note of who asks and why.

use crate::domain::billing::{
    BillingEvent, Claim, Draining, EventOutcome, FactKey, FactValue, OperatorNote, ParkReason,
    Plan, Planned,
};
use crate::domain::{Posting, StripeId, UserId};
use crate::host::clock::Deadline;
use crate::store::billing::DrainRequest;
use crate::store::billing::facts::{Loaded, key_of_fact};
use crate::store::billing::request::{SettleError, SettleRequest, SettledEvent};
use crate::store::billing::settle::{RetryHints, asks_for_ever_more};
use crate::store::commit::CommittedWith;
use crate::store::schema::items::{Item, stamp};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::CLAIM;
use crate::store::{Store, StoreError};

/// The owner of a customer, compared with a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Nobody owned it; after an assignment the user owns it.
    Free,
    /// The user owns it already.
    Theirs,
    /// Another user owns it.
    Taken(UserId),
    /// The user does not exist.
    UnknownUser,
}

/// What an action would do; nothing is written.
#[derive(Clone, Debug)]
pub struct OperatorPlan {
    /// The outcome the event would have.
    pub outcome: EventOutcome,
    /// Why it would not be applied.
    pub reason: Option<String>,
    /// The user concerned, if known.
    pub user_id: Option<UserId>,
    /// The postings it would make on the account.
    pub postings: Vec<Posting>,
    /// The keys it would write; empty if nothing would change.
    pub writes: Vec<Key>,
    /// The reasons whose parked events would be drained after it.
    pub drains: Vec<ParkReason>,
}

/// What settling an event would change; nothing is written.
#[derive(Clone, Debug)]
pub struct EventDifference {
    /// The outcome the event would have, or has.
    pub outcome: EventOutcome,
    /// Why it would not be applied.
    pub reason: Option<String>,
    /// The user concerned, if known.
    pub user_id: Option<UserId>,
    /// The postings it would make on the account.
    pub postings: Vec<Posting>,
    /// The keys of the items it would change, without the event's record.
    pub items: Vec<Key>,
    /// Whether the event itself was settled before.
    pub is_known: bool,
}

impl EventDifference {
    /// Whether the tables already say what the event says.
    pub fn is_nothing(&self) -> bool {
        self.postings.is_empty() && self.items.is_empty()
    }
}

impl Store {
    /// What settling an event would change, compared with what the tables say.
    pub async fn difference_of(
        &self,
        request: SettleRequest<'_>,
    ) -> Result<EventDifference, StoreError> {
        let mut loaded = Loaded::default();
        let planning = self.plan_with_prices(request, None, RetryHints::default(), &mut loaded);
        match Box::pin(planning).await? {
            Planned::Needs(_) => Err(asks_for_ever_more(request.event)),
            Planned::Settled {
                outcome, reason, ..
            } => Ok(EventDifference {
                outcome,
                reason,
                user_id: None,
                postings: Vec::new(),
                items: Vec::new(),
                is_known: true,
            }),
            Planned::Plan(plan) => {
                let news = plan.news(&loaded.facts).into_iter();
                Ok(EventDifference {
                    items: news.map(key_of_fact).collect(),
                    outcome: plan.outcome,
                    reason: plan.reason,
                    user_id: plan.user_id,
                    postings: plan
                        .decision
                        .map(|decision| decision.entry.postings)
                        .unwrap_or_default(),
                    is_known: false,
                })
            }
        }
    }

    /// Plans the settlement of an event without writing; `claimed` is taken for
    /// granted.
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

    /// Whether a customer can be assigned to a user.
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

    /// Assigns a customer to a user if nobody owns it. From then on, parking an event
    /// for this customer is refused and the event is planned again, so
    /// [`Store::waiting_for`] then finds all parked events.
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
            // Another writer was first, or a reply was lost: read the owner again.
            CommittedWith::Moved | CommittedWith::EntryExists => {
                self.check_assignment(customer, user_id).await
            }
        }
    }

    /// A page of ids of events parked for a reason, and where the next page begins.
    pub async fn waiting_for(
        &self,
        reason: &ParkReason,
        start: Option<Item>,
    ) -> Result<(Vec<StripeId>, Option<Item>), StoreError> {
        self.waiting_page(reason, start).await
    }

    /// Settles one parked event whose reason an operator has resolved, and what was
    /// parked for it in turn. Returns the outcomes; empty if it stays parked for the
    /// same reason.
    pub async fn drain_for_operator(
        &self,
        id: &StripeId,
        reason: &ParkReason,
        request: DrainRequest<'_>,
        note: &OperatorNote,
    ) -> Result<Vec<SettledEvent>, SettleError> {
        let (mut drained, mut left) = (Vec::new(), Draining::begun(reason.clone()));
        let noted = (&mut drained, &mut left);
        self.drain_one(id, reason, request, Some(note), noted)
            .await?;
        self.drain_all(left, request, &mut drained).await?;
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
