//! Suite: the two orders of users' ids.

use super::*;

fn sorted(order: IdOrder, ids: &[&str]) -> bool {
    let ids: Vec<UserId> = ids.iter().map(|id| id.parse().unwrap()).collect();
    ids.is_sorted_by(|one, other| order.compare(one, other).is_lt())
}

#[test]
fn numbers_come_by_their_value_or_byte_by_byte() {
    let (texts, numbers) = (IdOrder::Texts, IdOrder::Numbers);
    assert!(sorted(numbers, &["1", "2", "10", "11", "100"]));
    assert!(sorted(texts, &["1", "10", "100", "11", "2"]));
    assert!(!sorted(texts, &["1", "2", "10"]));
    assert!(!sorted(numbers, &["1", "10", "2"]));
    // Longer than any integer of a machine.
    assert!(sorted(
        numbers,
        &["99999999999999999999999", "100000000000000000000000"]
    ));
    // The same value twice is still two users.
    assert!(sorted(numbers, &["007", "07", "7", "8"]));
    let uuids = [
        "00000000-0000-4000-8000-000000000001",
        "10000000-0000-4000-8000-000000000000",
    ];
    assert!(sorted(texts, &uuids) && sorted(numbers, &uuids));
}
