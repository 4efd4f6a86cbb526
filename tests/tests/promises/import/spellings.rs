//! A value is read exactly or its row is refused, by file, line and column. It
//! is never taken for one that is not there.

use ops::import::Source;
use serde_json::Value;
use tests::{Served, account, credits, world};

use super::export::Export;
use super::{Process, old_user};

const CREDITS: &str = "user_id,created_at,id,total_credits,used_credits,billing_period_start,\
                       billing_period_end,is_current,credit_type,monthly_allocation,\
                       reset_day_of_month";

/// A row of paid credits, with one column spelled otherwise.
fn row(user: u32, column: &str, text: &str) -> String {
    let id = format!("c{user}");
    let user = old_user(user);
    let usual = [
        ("user_id", user.as_str()),
        ("created_at", "2025-11-01 00:00:00"),
        ("id", id.as_str()),
        ("total_credits", "10000"),
        ("used_credits", "500"),
        ("billing_period_start", "2025-11-01 00:00:00"),
        ("billing_period_end", "2025-12-01 00:00:00"),
        ("is_current", "t"),
        ("credit_type", "pro"),
        ("monthly_allocation", ""),
        ("reset_day_of_month", ""),
    ];
    let fields = usual.map(|(name, usual)| if name == column { text } else { usual });
    fields.map(|field| format!("\"{field}\"")).join(",")
}

const READ: &[(&str, &str)] = &[
    ("total_credits", " 10000"),
    ("total_credits", "1e+04"),
    ("total_credits", "1E4"),
    ("total_credits", "+10000.000"),
    ("total_credits", "10,000.00"),
    ("used_credits", "5e+02"),
    ("used_credits", "500."),
    ("is_current", "Y"),
    ("is_current", " TRUE"),
    ("is_current", "on"),
    ("billing_period_end", "2025-12-01"),
    ("billing_period_end", "2025-12-01 00:00"),
    ("billing_period_end", "2025-12-01 01:00:00+0100"),
    ("billing_period_end", "2025-12-01 01:00:00+01"),
    ("billing_period_end", "2025-12-01 00:00:00 UTC"),
    ("billing_period_end", "2025-12-01T00:00:00.000Z"),
    ("created_at", "2025-11-01 00:00:00 GMT"),
    ("credit_type", "Pro"),
    ("credit_type", " pro "),
    ("reset_day_of_month", "1.0"),
];

#[tokio::test]
async fn unambiguous_spellings_are_read_exactly() {
    let world = world().await;
    let mut export = Export::default().columns(Source::Credits, CREDITS);
    for (user, (column, text)) in (1..).zip(READ) {
        export = export.user(user, &format!("u{user}@old.example"));
        export = export.line(Source::Credits, row(user, column, text));
    }
    let process = Process::on(&world);
    let summary = process.import(&export.write()).await.unwrap();
    assert_eq!(process.remarks(), [""; 0]);
    assert!(summary.is_clean(), "{summary}");
    for (user, (column, text)) in (1..).zip(READ) {
        let account = account(&world, &old_user(user)).await.unwrap();
        let name = format!("import:c{user}");
        let lot = account
            .lots
            .iter()
            .find(|lot| lot.terms.id.as_str() == name);
        let lot = lot.unwrap_or_else(|| panic!("{column} {text:?}: no lot"));
        assert_eq!(lot.granted, credits("10000"), "{column} {text:?}");
        assert_eq!(lot.used, credits("500"), "{column} {text:?}");
        let end = lot.terms.expires_at.map(|end| end.to_string());
        assert_eq!(
            end.as_deref(),
            Some("2025-12-01T00:00:00Z"),
            "{column} {text:?}"
        );
    }
}

const REFUSED: &[(&str, &str)] = &[
    ("total_credits", "NULL"),
    ("total_credits", "ten thousand"),
    ("total_credits", "10,000"),
    ("total_credits", "10.000,00"),
    ("total_credits", "1 0000"),
    ("total_credits", "NaN"),
    ("total_credits", " "),
    ("used_credits", "$500"),
    ("used_credits", r"\N"),
    ("is_current", "maybe"),
    ("is_current", "NULL"),
    ("billing_period_end", "NULL"),
    ("billing_period_end", "infinity"),
    ("billing_period_end", "01.12.2025"),
    ("billing_period_end", "2025-12-01 00:00:00 CET"),
    ("billing_period_start", "November"),
    ("created_at", "1762439400"),
    ("credit_type", "NULL"),
    ("monthly_allocation", "2.000,-"),
    ("reset_day_of_month", "first"),
];

#[tokio::test]
async fn an_unreadable_value_refuses_its_row_by_file_line_and_column() {
    for dry_run in [true, false] {
        let served = Served::start().await;
        let mut export = Export::default().columns(Source::Credits, CREDITS);
        for (user, (column, text)) in (1..).zip(REFUSED) {
            export = export.user(user, &format!("u{user}@old.example"));
            export = export.line(Source::Credits, row(user, column, text));
            // Another row of the same user, which is taken over all the same.
            let other = row(user, "", "").replace(&format!("c{user}"), &format!("d{user}"));
            export = export.line(
                Source::Credits,
                other.replace("-01 00:00:00\",\"d", "-02 00:00:00\",\"d"),
            );
        }
        let mut process = Process::on(&served.world);
        process.dry_run = dry_run;
        let summary = process.import(&export.write()).await.unwrap();
        assert!(!summary.is_clean());
        let remarks = process.remarks();
        assert_eq!(remarks.len(), REFUSED.len(), "{remarks:#?}");
        assert_eq!(summary.tally.rows[&Source::Credits].refused, 20);
        for (user, (column, text)) in (1..).zip(REFUSED) {
            let start = format!("credits c{user} refused: column {column}: {text:?} is not ");
            let reported = remarks.iter().any(|remark| remark.starts_with(&start));
            assert!(reported, "{start}: {remarks:#?}");
            if !dry_run {
                let account = account(&served.world, &old_user(user)).await.unwrap();
                let has = |id: String| account.lots.iter().any(|lot| lot.terms.id.as_str() == id);
                assert!(has(format!("import:d{user}")), "{column} {text:?}");
                assert!(!has(format!("import:c{user}")), "{column} {text:?}");
            }
        }
    }
}

/// A row of every other table with something that cannot be read.
fn unreadable_elsewhere() -> Export {
    let one = old_user(1);
    Export::default()
        .columns(Source::Users, "id,email,created_at,is_active,last_login_at")
        .columns(
            Source::UserPreferences,
            "user_id,max_tokens,temperature,usage_alerts",
        )
        .columns(
            Source::Subscriptions,
            "user_id,created_at,id,tier,status,stripe_subscription_id,current_period_end,quantity",
        )
        .columns(
            Source::UsageHistory,
            "user_id,created_at,id,credits_used,model_id,input_tokens",
        )
        .columns(Source::Models, "id,name,context_length,capabilities")
        .columns(Source::OauthClients, "client_id,is_active,redirect_uris")
        .line(
            Source::Users,
            format!("{one},one@old.example,2025-01-01,Y,yesterday"),
        )
        .line(Source::UserPreferences, format!("{one},many,0.7,t"))
        .line(
            Source::Subscriptions,
            format!("{one},2025-01-01,s1,pro,active,sub 1,2025-12-01,1"),
        )
        .line(
            Source::Subscriptions,
            format!("{one},2025-01-02,s2,pro,active,NULL,2025-12-01,1"),
        )
        .line(
            Source::Subscriptions,
            format!("{one},2025-01-03,s3,pro,active,sub_3,soon,1"),
        )
        .line(
            Source::Subscriptions,
            format!("{one},2025-01-04,s4,Pro,Past_Due,sub_4,2025-12-01,two"),
        )
        .line(
            Source::UsageHistory,
            format!("{one},2025-01-01,u1,a lot,,1"),
        )
        .line(
            Source::UsageHistory,
            format!("{one},2025-01-02,u2,1,NULL,1"),
        )
        .line(Source::UsageHistory, format!("{one},2025-01-03,u3,1,,1 k"))
        .line(
            Source::UsageHistory,
            format!("{one},2025-01-04,u4,\"1,5\",,1"),
        )
        .line(Source::Models, "m1,M,big,{chat}")
        .line(Source::Models, "m2,M,1,chat")
        .line(Source::OauthClients, "c1,perhaps,{}")
        .line(Source::OauthClients, "c2,t,[]")
}

#[tokio::test]
async fn unreadable_values_of_other_tables_refuse_their_rows_too() {
    let world = world().await;
    let export = unreadable_elsewhere();
    let process = Process::on(&world);
    let summary = process.import(&export.write()).await.unwrap();
    let remarks = process.remarks();
    for start in [
        r#"users 1 refused: column last_login_at: "yesterday" is not a time"#,
        r#"user_preferences 1 refused: column max_tokens: "many" is not a number"#,
        r#"subscriptions s1 refused: column stripe_subscription_id: "sub 1" is not a Stripe id"#,
        r#"subscriptions s2 refused: column stripe_subscription_id: "NULL" is not a name"#,
        r#"subscriptions s3 refused: column current_period_end: "soon" is not a time"#,
        r#"subscriptions s4 refused: column quantity: "two" is not a number"#,
        r#"usage_history u1 refused: column credits_used: "a lot" is not a number"#,
        r#"usage_history u2 refused: column model_id: "NULL" is not a name"#,
        r#"usage_history u3 refused: column input_tokens: "1 k" is not a number"#,
        r#"usage_history u4 refused: column credits_used: "1,5" is not a number"#,
        r#"models m1 refused: column context_length: "big" is not a number"#,
        r#"models m2 refused: column capabilities: "chat" is not an array of texts"#,
        r#"oauth_clients c1 refused: column is_active: "perhaps" is not t or f"#,
        r#"oauth_clients c2 refused: column redirect_uris: "[]" is not an array of texts"#,
    ] {
        assert!(
            remarks.iter().any(|remark| remark.starts_with(start)),
            "{start}: {remarks:#?}"
        );
    }
    assert_eq!(remarks.len(), 14, "{remarks:#?}");
    assert!(!summary.is_clean());
    let mut sums = summary.tally.sums.values();
    assert!(sums.all(|sum| sum.difference() == 0), "{summary}");
}

#[tokio::test]
async fn credits_of_a_paid_subscription_whose_row_is_refused_stay_paid() {
    let world = world().await;
    let one = old_user(1);
    let columns = "user_id,created_at,id,total_credits,used_credits,billing_period_start,\
                   billing_period_end,is_current,credit_type,subscription_id";
    let export = Export::default()
        .user(1, "one@old.example")
        .columns(Source::Credits, columns)
        .line(
            Source::Subscriptions,
            format!("{one},2025-01-01,s1,pro,active,not an id,"),
        )
        .line(
            Source::Credits,
            format!("{one},2025-11-01,c1,10000,0,2025-11-01,2025-12-01,t,free,s1"),
        );
    Process::on(&world).import(&export.write()).await.unwrap();
    let account = account(&world, &one).await.unwrap();
    let lot = account
        .lots
        .iter()
        .find(|lot| lot.terms.id.as_str() == "import:c1");
    assert!(!lot.unwrap().terms.id.is_free());
}

#[tokio::test]
async fn whether_a_user_may_spend_is_never_guessed() {
    let served = Served::start().await;
    let service = served.service().await;
    let one = old_user(1);
    let export = |is_active: &str| {
        let line = format!("{one},one@old.example,2024-01-01 00:00:00,{is_active}");
        let export = Export::default().line(Source::Users, line);
        export.month(1, "c11", 11, "100").write()
    };
    let process = Process::on(&served.world);
    let summary = process.import(&export("perhaps")).await.unwrap();
    assert!(!summary.is_clean());
    assert_eq!(
        process.remarks(),
        [r#"users 1 refused: column is_active: "perhaps" is not t or f"#]
    );
    assert_eq!(service.charge(&one, "k", 1).await.status, 403);
    for _ in 0..2 {
        let process = Process::on(&served.world);
        let summary = process.import(&export("t")).await.unwrap();
        assert!(summary.is_clean(), "{summary}: {:?}", process.remarks());
        assert_eq!(service.charge(&one, "k", 1).await.status, 201);
    }
}

#[tokio::test]
async fn an_unknown_column_is_reported_and_a_header_is_read_leniently() {
    let world = world().await;
    let line = format!("{},one@old.example,2024-01-01,t,blue", old_user(1));
    let export = Export::default()
        .columns(
            Source::Users,
            "\u{feff}ID, Email ,created_at,is_active,favourite_colour",
        )
        .line(Source::Users, line);
    let process = Process::on(&world);
    let summary = process.import(&export.write()).await.unwrap();
    assert!(summary.is_clean(), "{summary}: {:?}", process.remarks());
    let column = (Source::Users, "favourite_colour".to_string());
    assert_eq!(summary.tally.left_out.get(&column), Some(&1));

    let twice = Export::default().columns(Source::Users, "id,email,Email");
    let refused = Process::on(&world)
        .import(&twice.write())
        .await
        .unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("column email appears twice"), "{refused}");
}

#[tokio::test]
async fn a_malformed_line_is_refused_alone() {
    let world = world().await;
    let export = Export::default()
        .user(1, "one@old.example")
        .month(1, "c10", 10, "100")
        .usage(1, "u1", 1, "1")
        // A comma that was not quoted.
        .line(
            Source::UsageHistory,
            format!("{},2025-10-02,u2,1,000.00", old_user(1)),
        )
        .line(Source::UsageHistory, format!("{},2025-10-03", old_user(1)));
    let folder = export.write();
    let text = std::fs::read(folder.join("usage_history.csv")).unwrap();
    let latin = [&text[..], old_user(1).as_bytes(), b",2025-10-04,u\xe9,5\n"].concat();
    std::fs::write(folder.join("usage_history.csv"), latin).unwrap();
    let process = Process::on(&world);
    let summary = process.import(&folder).await.unwrap();
    assert_eq!(
        process.remarks(),
        [
            "usage_history u2 refused: the line has 5 fields but the header has 4",
            "usage_history  refused: the line has 2 fields but the header has 4",
            "usage_history u\u{fffd} refused: the line is not valid UTF-8",
        ]
    );
    assert_eq!(summary.tally.rows[&Source::UsageHistory].target, 1);
    assert_eq!(account(&world, &old_user(1)).await.unwrap().version, 2);
}

#[tokio::test]
async fn a_quote_that_is_not_closed_ends_the_import_before_anything_is_written() {
    let world = world().await;
    let export = Export::default()
        .user(1, "\"one@old.example")
        .user(2, "two@old.example");
    let refused = Process::on(&world)
        .import(&export.write())
        .await
        .unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("it has an unclosed quote"), "{refused}");
    assert_eq!(account(&world, &old_user(2)).await.unwrap().version, 0);
}

#[tokio::test]
async fn lines_end_as_the_header_does_and_a_refused_row_is_named_by_its_line() {
    let user = |number, text| format!("{},{text}", old_user(number));
    let lines = [
        "id,email,created_at,is_active".to_string(),
        user(1, "one@old.example,2024-01-01 00:00:00,t"),
        // Two reasons, one row.
        user(2, "two@old.example,soon,maybe"),
        String::new(),
        user(3, "three@old.example,soon,t"),
        user(4, "four@old.example,2024-01-01 00:00:00,t"),
    ];
    for end in ["\n", "\r\n", "\r"] {
        let world = world().await;
        let folder = Export::default().write();
        let text = lines.iter().map(|line| format!("{line}{end}"));
        let last = user(5, "\"five@old.example\",later,t");
        let text = text.collect::<String>() + &last;
        std::fs::write(folder.join("users.csv"), text).unwrap();
        let process = Process::on(&world);
        let imported = process.import(&folder).await;
        if end == "\r" {
            let refused = imported.unwrap_err().to_string();
            assert!(refused.contains("end in CR alone"), "{refused}");
            assert_eq!(account(&world, &old_user(1)).await.unwrap().version, 0);
            continue;
        }
        let rows = imported.unwrap().tally.rows[&Source::Users];
        assert_eq!((rows.source, rows.refused, rows.target), (5, 3, 2));
        let report = std::fs::read_to_string(&process.report).unwrap();
        let remarks = report.lines().map(serde_json::from_str::<Value>);
        let places = remarks.map(|remark| remark.unwrap()["line"].as_u64().unwrap());
        assert_eq!(places.collect::<Vec<u64>>(), [3, 3, 5, 7], "{end:?}");
    }
}
