//! Two users who both claim one customer: whoever was first has it, the other
//! is refused and recorded, and nobody gets what is the other's.

use local::stripe::{ApiVersion, Scenario};
use shared::domain::billing::{BillingEvent, Fact};

use super::super::ground::remembered;
use super::super::{SOMEBODY, SOMEONE_ELSE, SUFFIX, reported_of, the, varied};
use super::{End, LINK, Race};

fn claim_of(user_id: &str, scenario: Scenario) -> BillingEvent {
    let story = reported_of(user_id, SUFFIX, scenario, ApiVersion::Dahlia);
    varied(
        &the(LINK, &story),
        &format!("evt_{}", user_id.replace('-', "")),
        |fact| {
            if let Fact::PackBought(bought) = fact {
                let name = |prefix: &str| format!("{prefix}_{}", user_id.replace('-', ""));
                bought.session = name("cs").parse().unwrap();
                bought.payment = Some(name("pi").parse().unwrap());
            }
        },
    )
}

/// In every order one of the two events is applied and the other refused, the
/// customer is the winner's, and `gives` credits are given to the winner alone.
async fn check(race: Race, gives: i64) -> usize {
    let events = [SOMEBODY, SOMEONE_ELSE].map(|id| format!("evt_{}", id.replace('-', "")));
    let winners = std::cell::RefCell::new(std::collections::BTreeSet::new());
    let orders = race.run(async |end: &End| {
        let outcomes = events.each_ref().map(|id| end.scene.records[id].as_str());
        let winner = match outcomes {
            ["applied", "refused"] => SOMEBODY,
            ["refused", "applied"] => SOMEONE_ELSE,
            other => panic!("{}: {other:?}", race.name),
        };
        winners.borrow_mut().insert(winner);
        let claim = &end.scene.essence[&format!("users STRIPE_CUSTOMER#cus_{SUFFIX}/CLAIM")];
        assert!(claim.contains(&format!("\"{winner}\"")), "{claim}");
        assert!(end.scene.waiting.is_empty(), "{:?}", end.scene.waiting);
        for id in [SOMEBODY, SOMEONE_ELSE] {
            let expected = if id == winner { gives } else { 0 };
            let shown = end.ground.shown(id).await;
            assert_eq!(shown.pro.remaining, expected, "{}: {id}", race.name);
        }
    });
    let orders = orders.await;
    assert_eq!(winners.borrow().len(), 2, "each of them can be first");
    orders
}

#[tokio::test(start_paused = true)]
async fn of_two_users_who_claim_one_customer_the_first_has_it() {
    let catalogue = remembered().await;
    for (name, scenario, gives) in [
        ("two links of one customer", Scenario::Subscribe, 0),
        ("two packs of one customer", Scenario::BuyPack, 1_000),
    ] {
        let rivals = [SOMEBODY, SOMEONE_ELSE].map(|id| claim_of(id, scenario));
        check(Race::new(name, &catalogue, &[], &rivals), gives).await;
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_a_customer_claimed_twice_go_to_the_first_claimant() {
    let catalogue = remembered().await;
    let story = reported_of(SOMEBODY, SUFFIX, Scenario::Subscribe, ApiVersion::Dahlia);
    let rivals = [SOMEBODY, SOMEONE_ELSE].map(|id| claim_of(id, Scenario::Subscribe));
    let waiting = [the("invoice.paid", &story)];
    let race = Race::new("two links and what waits", &catalogue, &waiting, &rivals);
    check(race, 10_000).await;
}
