//! Finding prices by what events name.

use super::super::fixtures::{catalogue, id, pack, plan, prices};
use super::*;

#[test]
fn prices_are_found_by_their_id() {
    for price in prices() {
        let found = catalogue().price(&id(&price.price_id)).cloned();
        assert_eq!(found, Some(price));
    }
    for unknown in ["price_new", "pro", "plink_1"] {
        assert_eq!(catalogue().price(&id(unknown)), None, "{unknown}");
    }
    assert_eq!(Catalogue::default().price(&id("price_pro")), None);
}

#[track_caller]
fn check(name: PackName, found: bool) {
    let pack = pack();
    assert_eq!(catalogue().pack(&name), found.then_some(&pack), "{name:?}");
}

#[test]
fn packs_are_found_by_their_price_or_payment_link() {
    check(PackName::Price(id("price_pack")), true);
    check(PackName::PaymentLink(id("plink_1")), true);
    check(PackName::Price(id("plink_1")), false);
    check(PackName::PaymentLink(id("price_pack")), false);
    check(PackName::PaymentLink(id("plink_2")), false);
    check(PackName::Unnamed, false);
}

#[test]
fn a_subscription_price_is_not_a_pack() {
    check(PackName::Price(id("price_pro")), false);
    let linked = Price {
        payment_link: Some("plink_2".to_string()),
        ..plan("linked", 1, 1, "1")
    };
    let catalogue = Catalogue::new(vec![linked]);
    let name = PackName::PaymentLink(id("plink_2"));
    assert_eq!(catalogue.pack(&name), None);
}
