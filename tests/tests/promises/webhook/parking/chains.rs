//! Events that wait for events that wait: each makes known what the next waits for, and
//! none is forgotten wherever a process is cut short.

use local::stripe::{ApiVersion, Scenario};
use shared::domain::billing::{BillingEvent, CreditedLine, Fact, InvoiceLine};

use super::super::ground::{Ground, remembered};
use super::super::holds_true::Scene;
use super::super::{reported, varied};
use super::{PAID, apply, cut, park, waiting};

/// Takes back what the last line of an invoice gave, and gives it again.
fn over_again(invoice: &BillingEvent) -> BillingEvent {
    varied(invoice, "evt_over_again", |fact| {
        let Fact::InvoicePaid(paid) = fact else {
            panic!("{fact:?}");
        };
        let given = paid.lines.last().unwrap().clone();
        let taken = InvoiceLine {
            id: "il_taken".parse().unwrap(),
            amount_minor: given.amount_minor.map(|amount| -amount),
            credited: vec![CreditedLine {
                invoice: paid.id.clone(),
                line: given.id.clone(),
            }],
            ..given.clone()
        };
        let id = "il_given".parse().unwrap();
        paid.lines = vec![taken, InvoiceLine { id, ..given }];
        paid.id = "in_over_again".parse().unwrap();
        paid.payment = None;
        (paid.paid_minor, paid.total_minor) = (0, 0);
    })
}

/// An upgrade and what goes back over it: three invoices, the last first, each of which
/// names lines of the one before it; and everything else that is told of it.
fn chain() -> ([BillingEvent; 3], Vec<BillingEvent>) {
    let story = reported(Scenario::Upgrade, ApiVersion::Dahlia);
    let (paid, others): (Vec<_>, Vec<_>) = story
        .into_iter()
        .partition(|event| event.event_type == PAID);
    let [first, second] = paid.try_into().unwrap();
    let second = naming(&second, &first);
    ([over_again(&second), second, first], others)
}

/// An invoice that names the line of another whose time it credits.
fn naming(invoice: &BillingEvent, credited: &BillingEvent) -> BillingEvent {
    let Fact::InvoicePaid(credited) = &credited.fact else {
        panic!("{credited:?}");
    };
    let named = CreditedLine {
        invoice: credited.id.clone(),
        line: credited.lines[0].id.clone(),
    };
    varied(invoice, invoice.id.as_str(), |fact| {
        if let Fact::InvoicePaid(paid) = fact {
            paid.lines[0].credited = vec![named];
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_invoices_that_is_cut_anywhere_is_settled_by_the_same_event_again() {
    let catalogue = remembered().await;
    let ([third, second, first], others) = chain();
    let calm = Ground::new(&catalogue);
    for event in others.iter().chain([&first, &second, &third]) {
        calm.settle(event).await.unwrap();
    }
    let expected = Scene::of(&calm).await;
    assert!(expected.waiting.is_empty(), "{:?}", expected.waiting);
    let mut left = Vec::new();
    for requests in 0.. {
        let ground = Ground::new(&catalogue);
        ground.settle_all(&others).await;
        assert_eq!(park(&ground, &third).await.0, "invoice:in_A1_2");
        assert_eq!(park(&ground, &second).await.0, "invoice:in_A1_1");
        let was_cut = cut(&ground, &catalogue, &first, requests).await;
        left.push(waiting(&ground).await);
        apply(&ground, &first).await;
        let scene = Scene::of(&ground).await;
        assert!(scene.waiting.is_empty(), "{requests}: {:?}", scene.waiting);
        assert_eq!(scene.difference(&expected), "", "{requests}");
        if !was_cut {
            break;
        }
    }
    left.dedup();
    // The second leaves its place after the third, for which it is found again.
    assert_eq!(left, [2, 1, 0]);
}
