//! Tables with a bit of everything in them: stories of Stripe, charges and holds
//! of several services, grants and what was clawed back, months that passed.

use std::time::Duration;

use local::World;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::json;
use shared::domain::{
    Action, Adjustment, Clawback, Command, Digester, Erasable, Grant, HoldId, LotEnd, LotKind,
    LotTerms, OnExpiry, Operation, PaidLate, ResetDay, Rollover, ScheduleGrant, ScheduleTerms,
    Settlement, Timestamp, Usage,
};
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, CommitRequest, SettleRequest};
use tests::{Operator, at, credits, selling_world, user, world};
use tokio::sync::oneshot;

use crate::buying::ask;
use crate::routes::billing_function;
use crate::wire::expose;

/// Who had most of it.
pub(crate) const RICH: &str = "rich-user";
/// When all of it has happened.
pub(super) const LATER: &str = "2026-03-20T08:00:00Z";

/// A world and an operator at its tables.
pub(crate) struct Ground {
    pub(crate) world: World,
    pub(crate) operator: Operator,
    _stop: oneshot::Sender<()>,
}

impl Ground {
    /// Nothing but the seeds.
    pub(super) async fn seeded() -> Self {
        Ground::of(world().await).await
    }

    /// The same, and a Stripe that sells.
    pub(super) async fn selling() -> Self {
        Ground::of(selling_world().await).await
    }

    async fn of(world: World) -> Self {
        let (url, stop) = expose(&world).await;
        Ground {
            operator: Operator::at(&url, LATER),
            world,
            _stop: stop,
        }
    }

    /// A user who goes as far as the pages of a plan and of a pack, by the function that
    /// sells, and is to return to `back`.
    pub(super) async fn begins_to_buy(&self, who: &str, back: &str) {
        let billing = billing_function(&self.world, &[("RATE_LIMIT_BILLING_PER_MINUTE", "0")]);
        for price in ["price_test_pro", "price_test_pack_1000"] {
            let order = json!({"priceId": price, "returnUrl": back});
            let said = ask(&billing, "post-checkout", who, &order).await;
            assert_eq!(said.status, 201, "{}", said.body);
        }
    }

    /// A bit of everything.
    pub(crate) async fn rich() -> Self {
        Ground::seeded().await.enriched().await
    }

    /// The same, and a Stripe that sells.
    pub(super) async fn rich_and_selling() -> Self {
        Ground::selling().await.enriched().await
    }

    async fn enriched(self) -> Self {
        let ground = self;
        for (who, suffix, scenario, start) in [
            (RICH, "a", Scenario::Renew, "2025-11-06T14:30:00Z"),
            (RICH, "b", Scenario::RefundPartial, "2025-11-08T09:00:00Z"),
            (RICH, "c", Scenario::DisputeWon, "2025-12-20T09:00:00Z"),
            ("annual-user", "d", Scenario::Annual, "2025-11-10T00:00:00Z"),
            (
                "trial-user",
                "e",
                Scenario::TrialToPaid,
                "2025-11-11T00:00:00Z",
            ),
            ("roll-user", "f", Scenario::Rollover, "2025-11-12T00:00:00Z"),
            (
                "gone-user",
                "g",
                Scenario::DeleteCustomer,
                "2025-11-13T00:00:00Z",
            ),
            (
                "past-user",
                "h",
                Scenario::RefundExpired,
                "2026-02-01T00:00:00Z",
            ),
            (
                "late-user",
                "i",
                Scenario::RefundInvoice,
                "2026-03-01T00:00:00Z",
            ),
        ] {
            ground.report(who, suffix, scenario, start, None).await;
        }
        // Nobody ever says whose this customer is, so its events wait.
        let lonely = Some("customer.subscription.created");
        ground
            .report(
                "nobody",
                "z",
                Scenario::Subscribe,
                "2026-03-02T00:00:00Z",
                lonely,
            )
            .await;
        ground.spend().await;
        ground
    }

    /// Reports a story as it happened, or only its events of one type.
    pub(super) async fn report(
        &self,
        who: &str,
        suffix: &str,
        scenario: Scenario,
        start: &str,
        only: Option<&str>,
    ) {
        let cast = Cast::new(who, suffix, at(start));
        let events = Story::render(scenario, &cast, ApiVersion::Dahlia);
        let catalogue = CatalogueCache::default();
        let reported = |kind: &str| only.is_none_or(|only| only == kind);
        for event in events.iter().filter(|event| reported(&event.event_type)) {
            let mut payload = event.payload();
            if only.is_some() {
                payload = payload.replace(who, "");
            }
            let read = stripe_webhook::read(payload.as_bytes()).unwrap();
            let request = SettleRequest {
                event: &read,
                terms: &shared::domain::billing::BillingTerms::default(),
                catalogue: &catalogue,
                now: event.created(),
                deadline: Deadline::after(Duration::from_secs(60)),
            };
            self.world.store.settle(request).await.unwrap();
        }
    }

    /// Commits a command at a moment.
    pub(super) async fn command(&self, who: &str, key: &str, now: Timestamp, action: Action) {
        let mut digester = Digester::new("ground");
        digester.text("key", key);
        let command = Command {
            key: key.parse().unwrap(),
            request_hash: digester.finish(),
            actor: Erasable::new("inference-service", [7; 16]),
            label: key
                .ends_with("labelled")
                .then(|| Erasable::new("a label", [9; 16])),
            action,
        };
        let request = CommitRequest {
            user_id: &user(who),
            command: &command,
            guess: None,
            now,
            deadline: Deadline::after(Duration::from_secs(60)),
        };
        let committed = self.world.store.commit(request).await;
        committed.unwrap_or_else(|error| panic!("{who} {key}: {error}"));
    }

    /// Charges, holds, grants and settings of the rich user, over some months.
    async fn spend(&self) {
        let january = at("2026-01-15T10:00:00Z");
        let moments = (0..).map(|step| january.plus_seconds(step * 400_000));
        let promo = LotTerms {
            id: "promo:spring".parse().unwrap(),
            kind: LotKind::Promo,
            starts_at: january,
            expires_at: Some(at("2026-03-01T00:00:00Z")),
            monthly_allocation: credits("0"),
            reset_day_of_month: ResetDay::FIRST,
            rollover: None,
        };
        let steps = [
            ("api#inference-service#charge-1", charge("120.5")),
            ("api#inference-service#charge-2-labelled", charge("30")),
            (
                "api#inference-service#hold-1",
                keep(hold("hold-1"), "500", OnExpiry::Release),
            ),
            (
                "ops#promo",
                Action::Grant {
                    lots: vec![given(promo)],
                    schedules: Vec::new(),
                },
            ),
            ("ops#promo-back", take_back("promo:spring", "25")),
            ("ops#settled", paid_late_and_moved()),
            ("api#other-service#charge-3", charge("2500.125")),
            ("ops#inactive", Action::Adjust(Adjustment::Active(false))),
            ("ops#active", Action::Adjust(Adjustment::Active(true))),
            (
                "ops#terms",
                Action::Adjust(Adjustment::FreeTerms {
                    monthly_allocation: credits("2500"),
                    reset_day_of_month: ResetDay::try_from(15).unwrap(),
                }),
            ),
            ("api#inference-service#charge-4", charge("900")),
            ("api#inference-service#charge-5", charge("0")),
            ("api#inference-service#charge-6", charge("77.007")),
        ];
        for ((key, action), now) in steps.into_iter().zip(moments) {
            self.command(RICH, key, now, action).await;
        }
        self.spend_lately().await;
    }

    /// A hold that is used and committed, one that stays open, and others' charges.
    async fn spend_lately(&self) {
        let now = at("2026-03-19T23:00:00Z");
        let kept = keep(hold("hold-2"), "300", OnExpiry::Settle);
        self.command(RICH, "api#inference-service#hold-2", now, kept)
            .await;
        let report = Action::Report {
            hold: hold("hold-2"),
            amount: credits("120"),
            usage: usage(),
        };
        self.command(RICH, "api#inference-service#report-2", now, report)
            .await;
        let commit = Action::Commit {
            hold: hold("hold-2"),
            amount: credits("250"),
            usage: usage(),
        };
        self.command(RICH, "api#inference-service#commit-2", now, commit)
            .await;
        let kept = keep(hold("hold-3"), "10", OnExpiry::Release);
        self.command(RICH, "api#inference-service#hold-3", now, kept)
            .await;
        self.command("late-user", "api#inference-service#late", now, charge("3"))
            .await;
        self.command(
            "annual-user",
            "api#inference-service#annual",
            now,
            charge("11000"),
        )
        .await;
        self.command("roll-user", "api#inference-service#roll", now, charge("5"))
            .await;
    }
}

fn hold(key: &str) -> HoldId {
    HoldId {
        client: "inference-service".parse().unwrap(),
        key: key.parse().unwrap(),
    }
}

fn usage() -> Usage {
    Usage {
        model_id: Some("gpt-5".into()),
        operation: Some(Operation::Chat),
        input_tokens: Some(1_000),
        output_tokens: Some(200),
        session: None,
    }
}

fn charge(amount: &str) -> Action {
    Action::Charge {
        amount: credits(amount),
        usage: usage(),
    }
}

fn keep(hold: HoldId, amount: &str, on_expiry: OnExpiry) -> Action {
    Action::Hold {
        hold,
        amount: credits(amount),
        ttl_seconds: 3_600,
        on_expiry,
    }
}

fn given(terms: LotTerms) -> Grant {
    Grant {
        terms,
        amount: credits("50"),
        clawed_back: credits("0"),
    }
}

/// A quarter that was paid late, some of it clawed back, and a promo that lasts
/// a few days longer.
fn paid_late_and_moved() -> Action {
    let starts_at = at("2025-12-10T00:00:00Z");
    let terms = ScheduleTerms {
        id: "sub:late".parse().unwrap(),
        starts_at,
        ends_at: starts_at.plus_months(3),
        expires_at: starts_at.plus_months(3),
        total: credits("300"),
        rollover: Rollover::default(),
        paid_late: Some(PaidLate {
            paid_at: at("2026-02-05T00:00:00Z"),
            spend_until: at("2026-02-09T00:00:00Z"),
        }),
    };
    let targets = ["0", "40", "60"].map(credits).to_vec();
    Action::Settle(Settlement {
        schedules: vec![ScheduleGrant { terms, targets }],
        ends: vec![LotEnd {
            lot: "promo:spring".parse().unwrap(),
            expires_at: at("2026-03-04T00:00:00Z"),
            target: credits("25"),
            past: None,
        }],
        ..Settlement::default()
    })
}

fn take_back(lot: &str, target: &str) -> Action {
    Action::Clawback {
        lots: vec![Clawback {
            lot: lot.parse().unwrap(),
            target: credits(target),
            past: None,
        }],
        schedules: Vec::new(),
    }
}
