//! A row whose id stands twice costs itself, and nothing of what stands beside
//! it.

use ops::import::Source;
use tests::{account, credits, world};

use super::export::Export;
use super::{Process, old_user, tables_of};

const CREDITS: &str = "user_id,created_at,id,total_credits,used_credits,billing_period_start,\
                       billing_period_end,is_current,credit_type";

fn lot(second: u32, id: &str, total: u32) -> String {
    let user = old_user(1);
    format!("{user},2025-11-01 00:00:0{second},{id},{total},0,2025-11-01,2025-12-01,t,pro")
}

#[tokio::test]
async fn credits_uses_subscriptions_and_models_that_stand_twice_are_taken_once() {
    let one = old_user(1);
    let same = format!("{one},2025-01-01 00:00:00,s1,pro,active,,");
    let export = Export::default()
        .user(1, "one@old.example")
        .columns(Source::Credits, CREDITS)
        .line(Source::Credits, lot(0, "c1", 100))
        .line(Source::Credits, lot(0, "c1", 100))
        // With other values, and at another time.
        .line(Source::Credits, lot(3, "c1", 999))
        .line(Source::Credits, lot(4, "c2", 10))
        .usage(1, "u1", 1, "5")
        .usage(1, "u1", 1, "5")
        .usage(1, "u2", 2, "7")
        .line(Source::Subscriptions, same.clone())
        .line(Source::Subscriptions, same)
        .line(
            Source::Subscriptions,
            format!("{one},2025-01-02 00:00:00,s 2,pro,active,,"),
        )
        .line(
            Source::Subscriptions,
            format!("{one},2025-01-03 00:00:00,s_2,pro,active,,"),
        )
        .line(Source::Models, "m1,M")
        .line(Source::Models, "m1,M")
        .line(Source::OauthClients, "c1")
        .line(Source::OauthClients, "c1");
    let folder = export.write();
    let world = world().await;
    let mut before = None;
    for dry_run in [true, false, false] {
        let mut process = Process::on(&world);
        process.dry_run = dry_run;
        let summary = process.import(&folder).await.unwrap();
        let mut remarks = process.remarks();
        remarks.sort();
        let twice = "refused: an earlier row has the same id";
        let expected = [
            format!("credits c1 {twice}"),
            format!("credits c1 {twice}"),
            format!("models m1 {twice}"),
            format!("oauth_clients c1 {twice}"),
            format!("subscriptions s1 {twice}"),
            "subscriptions s_2 refused: earlier row s 2 has the same subscription name".to_string(),
            format!("usage_history u1 {twice}"),
        ];
        assert_eq!(remarks, expected);
        if dry_run {
            continue;
        }
        let mut sums = summary.tally.sums.values();
        assert!(sums.all(|sum| sum.difference() == 0), "{summary}");
        let account = account(&world, &one).await.unwrap();
        let pro = account.lots.iter().filter(|lot| !lot.terms.id.is_free());
        let pro: Vec<_> = pro
            .map(|lot| (lot.terms.id.as_str(), lot.granted))
            .collect();
        assert_eq!(
            pro,
            [("import:c1", credits("100")), ("import:c2", credits("10"))]
        );
        let tables = tables_of(&world).await;
        let before = before.get_or_insert(tables.clone());
        assert_eq!(*before, tables);
    }
}
