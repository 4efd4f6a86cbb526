//! The link in each e-mail: one click switches such e-mails off, and nothing else; it
//! tells nobody whose it is, and no other link does anything.

use local::gateway::{Reply, Request};
use local::notices::Mail;
use notices::{UNSUBSCRIBE_PATH, roll};
use shared::domain::{Preferences, User};
use shared::host::entropy::SystemEntropy;
use tests::{dump, user};

use super::ground::{Ground, USER, charge, grant};

/// The link that mail programs post to.
fn link_of(mail: &Mail) -> String {
    let header = |name: &str| {
        let mut headers = mail.headers.iter();
        let found = headers.find(|(other, _)| other == name);
        found.map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!(
        header("List-Unsubscribe-Post"),
        "List-Unsubscribe=One-Click"
    );
    let link = header("List-Unsubscribe");
    let link = link.strip_prefix('<').and_then(|it| it.strip_suffix('>'));
    link.unwrap().to_string()
}

fn token_of(link: &str) -> &str {
    link.split_once("token=").unwrap().1
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.clone()).unwrap()
}

/// An answer without the id of its request.
fn said(reply: &Reply) -> (u16, String) {
    let text = text(reply);
    let said = text.split(r#","requestId""#).next();
    (reply.status, said.unwrap_or_default().to_string())
}

impl Ground {
    async fn open(&self, method: &str, query: &str) -> Reply {
        let body = match method {
            "POST" => "List-Unsubscribe=One-Click",
            _ => "",
        };
        let form = "application/x-www-form-urlencoded".to_string();
        let request = Request {
            method: method.into(),
            path: UNSUBSCRIBE_PATH.into(),
            query: query.into(),
            headers: vec![("content-type".to_string(), form)],
            body: body.into(),
            source_ip: "127.0.0.1".into(),
        };
        self.world.gateway.handle(request).await
    }

    async fn click(&self, method: &str, link: &str) -> Reply {
        let base = format!("{}{UNSUBSCRIBE_PATH}?", self.world.base_url);
        let query = link.strip_prefix(&base);
        let query = query.unwrap_or_else(|| panic!("{link} is not below {base}"));
        self.open(method, query).await
    }

    async fn preferences(&self, id: &str) -> Preferences {
        let person = self.world.store.load_person(&user(id)).await.unwrap();
        let preferences = person.preferences;
        preferences.unwrap_or_else(|| Preferences::default_of(user(id)))
    }

    /// The user has got an e-mail about a grant and one about a threshold; their links.
    async fn both_links(&self) -> (String, String) {
        self.act(USER, grant("promo:a", "10", self.now())).await;
        self.act(USER, charge("110")).await;
        self.pump().await;
        let mails = self.world.notices.mailbox().mails();
        let of = |subject: &str| {
            let mail = mails.iter().find(|mail| mail.subject.contains(subject));
            link_of(mail.unwrap_or_else(|| panic!("{subject}: {mails:?}")))
        };
        (of("were added"), of("all of your credits"))
    }
}

#[tokio::test]
async fn one_click_switches_off_what_the_e_mail_stands_for_and_nothing_else() {
    let ground = Ground::new().await;
    let (grants, thresholds) = ground.both_links().await;
    let asked = ground.click("GET", &thresholds).await;
    assert_eq!(asked.status, 200);
    assert_eq!(asked.headers["content-type"], "text/html; charset=utf-8");
    assert!(text(&asked).contains("<form method=\"post\"><button>"));
    assert!(ground.preferences(USER).await.usage_alerts, "asking is all");

    let done = ground.click("POST", &thresholds).await;
    assert_eq!(done.status, 200, "{}", text(&done));
    assert!(text(&done).contains("You are unsubscribed"));
    let preferences = ground.preferences(USER).await;
    assert!(!preferences.usage_alerts && preferences.email_notifications);

    // From now on thresholds are not mailed, and grants are.
    ground.advance(86_400);
    let before = ground.subjects().len();
    ground.act(USER, grant("promo:b", "10", ground.now())).await;
    ground.act(USER, charge("10")).await;
    ground.pump().await;
    assert_eq!(ground.subjects()[before..], ["10 credits were added"]);

    let done = ground.click("POST", &grants).await;
    assert_eq!(done.status, 200);
    assert!(!ground.preferences(USER).await.email_notifications);
}

#[tokio::test]
async fn a_link_names_nobody_and_is_in_no_line_of_any_log() {
    let ground = Ground::new().await;
    let (grants, thresholds) = ground.both_links().await;
    for link in [&grants, &thresholds] {
        assert!(
            !link.contains(USER) && !link.contains("example.com"),
            "{link}"
        );
        for method in ["GET", "POST"] {
            let reply = ground.click(method, link).await;
            let said = format!("{:?} {}", reply.headers, text(&reply));
            assert!(
                !said.contains(USER) && !said.contains(token_of(link)),
                "{said}"
            );
            for (header, value) in [
                ("cache-control", "no-store"),
                ("referrer-policy", "no-referrer"),
            ] {
                assert_eq!(reply.headers[header], value);
            }
        }
    }
    let lines = ground.world.log.take();
    assert!(lines.iter().any(|line| line.contains("POST /unsubscribe")));
    for link in [&grants, &thresholds] {
        let leak = lines.iter().find(|line| line.contains(token_of(link)));
        assert_eq!(leak, None);
    }
}

#[tokio::test]
async fn a_link_that_is_not_ours_is_not_found_whoever_it_would_be_about() {
    let ground = Ground::new().await;
    let other = Ground::new().await;
    let (_, thresholds) = ground.both_links().await;
    let (_, foreign) = other.both_links().await;
    let token = token_of(&thresholds);
    let client = ground.world.dynamodb.client();
    let before = dump(&client).await;
    let last = if token.ends_with('A') { "B" } else { "A" };
    let bad = [
        String::new(),
        "token=".to_string(),
        "other=1".to_string(),
        format!("token={USER}"),
        format!("token={}", "A".repeat(80)),
        format!("token={}", "A".repeat(5_000)),
        format!("token={}{last}", &token[..token.len() - 1]),
        format!("token=A{}", &token[1..]),
        format!("token={token}&token={token}"),
        format!("token={}", token_of(&foreign)),
    ];
    let mut answers = Vec::new();
    for query in &bad {
        for method in ["GET", "POST"] {
            let reply = ground.open(method, query).await;
            assert_eq!(reply.status, 404, "{method} {query}: {}", text(&reply));
            answers.push(said(&reply));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(
        dump(&client).await.without_rate_counters(),
        before.without_rate_counters()
    );
}

#[tokio::test]
async fn who_was_erased_gets_the_answer_of_who_is_there_and_is_not_brought_back() {
    let ground = Ground::new().await;
    let (_, thresholds) = ground.both_links().await;
    let client = ground.world.dynamodb.client();
    let store = &ground.world.store;
    assert!(store.erase_person(&user(USER)).await.unwrap());
    let before = dump(&client).await;
    let of_erased = ground.click("POST", &thresholds).await;
    let after = dump(&client).await;
    assert_eq!(
        after.without_rate_counters(),
        before.without_rate_counters()
    );
    let there = Ground::new().await;
    let (_, link) = there.both_links().await;
    let of_user = there.click("POST", &link).await;
    assert_eq!(said(&of_erased), said(&of_user));
    assert_eq!(of_user.status, 200);
}

#[tokio::test]
async fn who_is_deactivated_is_unsubscribed_too() {
    let ground = Ground::new().await;
    let (_, thresholds) = ground.both_links().await;
    let store = &ground.world.store;
    assert!(
        store
            .load_person(&user(USER))
            .await
            .unwrap()
            .preferences
            .is_none(),
        "nothing was ever chosen"
    );
    let person: User = store.load_person(&user(USER)).await.unwrap().user.unwrap();
    let client = ground.world.dynamodb.client();
    let inactive = aws_sdk_dynamodb::types::AttributeValue::Bool(false);
    client
        .update_item()
        .table_name("users")
        .key(
            "pk",
            aws_sdk_dynamodb::types::AttributeValue::S(format!("USER#{}", person.user_id)),
        )
        .key(
            "sk",
            aws_sdk_dynamodb::types::AttributeValue::S("PROFILE".into()),
        )
        .update_expression("SET active = :no")
        .expression_attribute_values(":no", inactive)
        .send()
        .await
        .unwrap();
    assert_eq!(ground.click("POST", &thresholds).await.status, 200);
    assert!(!ground.preferences(USER).await.usage_alerts);
    assert_eq!(ground.click("POST", &thresholds).await.status, 200, "again");
}

#[tokio::test]
async fn a_link_can_be_used_thirty_times_a_minute() {
    let ground = Ground::new().await;
    let (_, thresholds) = ground.both_links().await;
    for number in 1..=31 {
        let status = ground.click("POST", &thresholds).await.status;
        assert_eq!(status, if number <= 30 { 200 } else { 429 }, "{number}");
    }
}

#[tokio::test]
async fn links_outlive_a_new_key_and_die_with_a_forgotten_one() {
    let ground = Ground::new().await;
    let (grants, thresholds) = ground.both_links().await;
    let store = &ground.world.store;
    let mut keys = store.load_link_keys().await.unwrap().unwrap();
    roll(&mut keys, false, &SystemEntropy);
    assert!(store.save_link_keys(&mut keys).await.unwrap());
    assert_eq!(ground.click("POST", &thresholds).await.status, 200);
    roll(&mut keys, true, &SystemEntropy);
    assert!(store.save_link_keys(&mut keys).await.unwrap());
    assert_eq!(ground.click("POST", &grants).await.status, 404);
    assert!(ground.preferences(USER).await.email_notifications);
}
