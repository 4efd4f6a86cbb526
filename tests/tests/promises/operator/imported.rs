//! What `creditsctl import` leaves is what `creditsctl verify` asks for.

use super::ground::Ground;
use crate::import::fixture;

#[tokio::test]
async fn what_was_imported_verifies() {
    for when in ["after", "before"] {
        let ground = Ground::seeded().await;
        let folder = fixture(when);
        let from = folder.to_str().unwrap();
        let report = crate::import::scratch(&format!("verified-{when}"));
        let report = report.join("report.jsonl");
        let words = [
            "import",
            "--from",
            from,
            "--report",
            report.to_str().unwrap(),
        ];
        let said = ground.operator.run(&words).await;
        assert!([0, 3].contains(&said.code), "{}", said.text);
        let said = ground.operator.run(&["verify", "--all", "--json"]).await;
        assert_eq!(said.code, 0, "{when}: {}", said.text);
        let verified = &said.json()[0]["verified"];
        assert!(verified["accounts"].as_u64() > Some(10), "{verified}");
    }
}
