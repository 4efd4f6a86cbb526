//! One user's year as the old system's tests reported it: free credits go first,
//! come again each month, and what was bought stays until it is used.

use serde_json::{Value, json};
use tests::{Served, Service};

use super::{body, buy, check_ledger};

const USER: &str = "a-new-user";

/// What the user sees and the service sees alike: free remaining and used, pro
/// remaining and used.
async fn check(service: &Service, app: &Service, free: (i64, i64), pro: (i64, i64)) {
    let seen = service.credits(USER).await;
    let shown = body(&app.get("/api/user/credits").await, 200);
    assert_eq!(seen, shown, "the service and the user see the same");
    let figures = |value: &Value, names: [&str; 2]| {
        let figure = |name: &str| value[name].as_i64().unwrap();
        (figure(names[0]), figure(names[1]))
    };
    assert_eq!(
        figures(&seen["freeCredits"], ["remaining", "used"]),
        free,
        "{seen}"
    );
    assert_eq!(
        figures(&seen["proCredits"], ["remaining", "lifetimeUsed"]),
        pro,
        "{seen}"
    );
    assert_eq!(seen["totalAvailable"], free.0 + pro.0);
}

#[tokio::test]
async fn free_credits_go_first_and_come_again_while_bought_ones_stay() {
    let served = Served::start().await;
    let (service, app) = (served.service().await, served.as_user(USER).await);
    check(&service, &app, (2000, 0), (0, 0)).await;

    let charged = body(&service.charge(USER, "k1", 500).await, 201);
    assert_eq!(
        (&charged["freeUsed"], &charged["proUsed"]),
        (&json!("500"), &json!("0"))
    );
    check(&service, &app, (1500, 500), (0, 0)).await;

    buy(&served.world, USER, "buy:pi_1", "1000", None).await;
    check(&service, &app, (1500, 500), (1000, 0)).await;

    let charged = body(&service.charge(USER, "k2", 1600).await, 201);
    assert_eq!(
        (&charged["freeUsed"], &charged["proUsed"]),
        (&json!("1500"), &json!("100"))
    );
    check(&service, &app, (0, 2000), (900, 100)).await;

    served.advance("P1M").await;
    check(&service, &app, (2000, 0), (900, 100)).await;
    body(&service.charge(USER, "k3", "0.001").await, 201);
    check(&service, &app, (1999, 1), (900, 100)).await;

    buy(&served.world, USER, "buy:pi_2", "50", None).await;
    check(&service, &app, (1999, 1), (950, 100)).await;
    let all = body(&service.charge(USER, "k4", "2949.999").await, 201);
    assert_eq!(
        (&all["freeUsed"], &all["proUsed"]),
        (&json!("1999.999"), &json!("950"))
    );
    check(&service, &app, (0, 2000), (0, 1050)).await;
    assert_eq!(service.charge(USER, "k5", "0.001").await.status, 402);
    assert_eq!(check_ledger(&served.world, USER).await.len(), 6);
}

#[tokio::test]
async fn what_ends_soonest_is_spent_before_what_stays() {
    let served = Served::start().await;
    let service = served.service().await;
    buy(&served.world, USER, "buy:stays", "100", None).await;
    let later = Some("2026-03-01T00:00:00Z");
    buy(&served.world, USER, "buy:later", "100", later).await;
    let soon = Some("2026-01-01T00:00:00Z");
    buy(&served.world, USER, "buy:soon", "100", soon).await;
    let charged = body(&service.charge(USER, "k", 2150).await, 201);
    assert_eq!(charged["proUsed"], "150");
    let seen = service.credits(USER).await;
    let lots = seen["lots"].as_array().unwrap().iter();
    let left: Vec<_> = lots
        .map(|lot| {
            (
                lot["id"].as_str().unwrap(),
                lot["remaining"].as_i64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("free:2025-11-01", 0),
        ("buy:soon", 0),
        ("buy:later", 50),
        ("buy:stays", 100),
    ];
    assert_eq!(left, expected);
    // What was not used of a lot that ended is gone, and nothing else.
    served.advance("P4M").await;
    let seen = service.credits(USER).await;
    assert_eq!(seen["proCredits"]["remaining"], 100, "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_readers_at_once_see_the_same() {
    let served = Served::start().await;
    let service = served.service().await;
    body(&service.charge(USER, "k", "12.5").await, 201);
    let readers: Vec<_> = (0..32)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { service.credits(USER).await })
        })
        .collect();
    let expected = service.credits(USER).await;
    for reader in readers {
        assert_eq!(reader.await.unwrap(), expected);
    }
    assert_eq!(expected["totalAvailable"], 1987);
}
