//! Users who came with a change of preferences, before anybody said who they are: a later
//! sign-in or confirmation adds address and name, in whatever order these come.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::User;
use shared::host::clock::{Clock, Deadline};
use tests::{Tables, user};

use super::confirmation;
use super::ground::Ground;
use crate::routes::{Functions, recorded, sign_up_function};

/// Whom the recorded confirmation is about.
const ID: &str = "6f1d2c3b-4a59-4687-9e0d-1c2b3a4d5e6f";
const EMAIL: &str = "new@example.com";

impl Ground {
    /// Changes a preference.
    async fn prefers(&self, id: &str) {
        let mut event = recorded("patch-preferences.json");
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(id);
        event["requestContext"]["timeEpoch"] = json!(self.world.clock.now().unix_seconds() * 1000);
        event["body"] = json!(r#"{"usageAlerts":false}"#);
        let response = Functions::of(&self.world, &[]).respond(&event).await;
        assert_eq!(response["statusCode"], 200, "{response}");
    }

    /// Signs in with an ID token that has an address.
    async fn signs_in(&self, id: &str, email: &str) -> Value {
        let token = self.id(id, email, &json!({}));
        let access = self.access(id, &json!({}));
        let answered = self.sign_in(&access, Some(&token)).await;
        answered.body.get("user").cloned().unwrap_or_default()
    }

    /// Confirms an address at the user pool.
    async fn confirms(&self, id: &str) {
        let mut event = confirmation();
        event["request"]["userAttributes"]["sub"] = json!(id);
        let app = sign_up_function(&self.world);
        assert_eq!(app.handle(event.clone(), "i-1".into()).await, Ok(event));
    }

    async fn profile(&self, id: &str) -> User {
        let person = self.world.store.load_person(&user(id)).await.unwrap();
        person.user.unwrap()
    }

    /// Creates somebody of whom a part is known.
    async fn knows(&self, known: &User) {
        let deadline = Deadline::after(Duration::from_secs(10));
        self.world.store.create(known, deadline).await.unwrap();
    }

    fn stranger(&self, id: &str) -> User {
        User::known_by_id(user(id), self.world.clock.now())
    }
}

fn address_and_name(user: &User) -> (Option<&str>, Option<&str>) {
    (user.address(), user.name())
}

#[tokio::test]
async fn who_began_with_a_preference_gets_address_and_name_once_somebody_says_them() {
    let ground = Ground::new().await;
    ground.prefers(ID).await;
    let began = ground.profile(ID).await;
    assert_eq!(address_and_name(&began), (None, None));
    ground.world.clock.advance("PT10M").unwrap();
    let answered = ground.sign_in(&ground.access(ID, &json!({})), None).await;
    assert_eq!(answered.body["user"]["email"], json!(null));
    let said = ground.signs_in(ID, "New@example.com").await;
    assert_eq!(
        (&said["email"], &said["displayName"]),
        (&json!("New@example.com"), &json!("New User"))
    );
    let introduced = ground.profile(ID).await;
    assert_eq!(introduced.created_at, began.created_at);
    assert_eq!(introduced.last_login_at, Some(ground.world.clock.now()));
    let owner = ground.world.store.find_user_by_email(EMAIL).await.unwrap();
    assert_eq!(owner, Some(user(ID)));
    // What is known stays.
    let said = ground.signs_in(ID, "other@example.com").await;
    assert_eq!(said["email"], "New@example.com");
    assert_eq!(ground.profile(ID).await, introduced);
    assert_eq!(ground.trouble(), Vec::<String>::new());
}

#[tokio::test]
async fn the_order_in_which_somebody_comes_makes_no_difference() {
    const ORDERS: [[u8; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let mut first: Option<Tables> = None;
    for order in ORDERS {
        let ground = Ground::new().await;
        for step in order {
            // Each comes twice.
            for _ in 0..2 {
                match step {
                    0 => ground.prefers(ID).await,
                    1 => ground.confirms(ID).await,
                    _ => drop(ground.signs_in(ID, EMAIL).await),
                }
            }
        }
        let profile = ground.profile(ID).await;
        let expected = (Some(EMAIL), Some("New User"));
        assert_eq!(address_and_name(&profile), expected, "{order:?}");
        let mut tables = ground.tables().await;
        // What the seeds write to ledgers has other salts in every world.
        tables.0.retain(|key, _| key.starts_with("users "));
        let first = first.get_or_insert_with(|| tables.clone());
        assert!(&tables == first, "{order:?}");
    }
}

#[tokio::test]
async fn only_what_is_missing_is_added() {
    let ground = Ground::new().await;
    let has_name = User {
        display_name: Some("Ann".to_string().into()),
        ..ground.stranger("has-name")
    };
    let has_address = User {
        email: Some("ann@example.com".to_string().into()),
        ..ground.stranger("has-address")
    };
    for known in [&has_name, &has_address] {
        ground.knows(known).await;
    }
    for (id, expected) in [
        ("has-name", (Some(EMAIL), Some("Ann"))),
        ("has-address", (Some("ann@example.com"), Some("New User"))),
        // The address is taken by now.
        ("has-nothing", (None, Some("New User"))),
        ("has-nothing", (None, Some("New User"))),
    ] {
        if id == "has-nothing" {
            ground.prefers(id).await;
        }
        ground.signs_in(id, EMAIL).await;
        let profile = ground.profile(id).await;
        assert_eq!(address_and_name(&profile), expected, "{id}");
        assert_eq!(profile.last_login_at, Some(ground.world.clock.now()));
    }
    let tables = ground.tables().await;
    let mut claims = tables.keys_under("users EMAIL#");
    claims.retain(|claim| !claim.starts_with("free@") && !claim.starts_with("pro@"));
    assert_eq!(claims, ["ann@example.com/CLAIM", "new@example.com/CLAIM"]);
}

#[tokio::test]
async fn a_confirmation_leaves_out_an_address_of_another() {
    let ground = Ground::new().await;
    ground.signs_in("new-user", EMAIL).await;
    ground.prefers(ID).await;
    ground.confirms(ID).await;
    let profile = ground.profile(ID).await;
    assert_eq!(address_and_name(&profile), (None, Some("New User")));
    assert_eq!(profile.last_login_at, None);
    let owner = ground.world.store.find_user_by_email(EMAIL).await.unwrap();
    assert_eq!(owner, Some(user("new-user")));
}

#[tokio::test]
async fn who_was_deactivated_gets_neither_address_nor_name() {
    let ground = Ground::new().await;
    let blocked = User {
        active: false,
        ..ground.stranger(ID)
    };
    ground.knows(&blocked).await;
    ground.confirms(ID).await;
    assert_eq!(ground.profile(ID).await, blocked);
    assert_eq!(ground.signs_in(ID, EMAIL).await, Value::Null);
    let signed_in = User {
        last_login_at: Some(ground.world.clock.now()),
        ..blocked
    };
    assert_eq!(ground.profile(ID).await, signed_in);
    let owner = ground.world.store.find_user_by_email(EMAIL).await.unwrap();
    assert_eq!(owner, None);
}

#[tokio::test]
async fn who_was_erased_gets_neither_address_nor_name() {
    let ground = Ground::new().await;
    ground.prefers(ID).await;
    ground.world.store.erase_person(&user(ID)).await.unwrap();
    let before = ground.tables().await;
    ground.confirms(ID).await;
    assert_eq!(ground.signs_in(ID, EMAIL).await, Value::Null);
    assert_eq!(ground.tables().await, before);
}

/// The sign-in has seen the user as they were; then they are erased, then it writes.
#[tokio::test]
async fn an_erasure_in_the_midst_of_a_sign_in_wins() {
    let ground = Ground::new().await;
    ground.prefers(ID).await;
    let store = &ground.world.store;
    let held = ground.world.dynamodb.faults().hold("TransactWriteItems");
    let leaving = user(ID);
    let (said, ()) = tokio::join!(ground.signs_in(ID, EMAIL), async {
        assert!(held.reached().await);
        assert!(store.erase_person(&leaving).await.unwrap());
        held.release();
    });
    assert_eq!(said, Value::Null);
    let person = store.load_person(&leaving).await.unwrap();
    assert!(person.erased && person.user.is_none(), "{person:?}");
    assert_eq!(store.find_user_by_email(EMAIL).await.unwrap(), None);
}

/// One has seen the user as they were; then the other adds what is missing, then the
/// first writes.
#[tokio::test]
async fn of_two_arrivals_at_once_the_first_to_write_says_who_somebody_is() {
    let ground = Ground::new().await;
    ground.prefers(ID).await;
    let held = ground.world.dynamodb.faults().hold("TransactWriteItems");
    let (said, ()) = tokio::join!(ground.signs_in(ID, "late@example.com"), async {
        assert!(held.reached().await);
        ground.confirms(ID).await;
        held.release();
    });
    assert_eq!(said["email"], EMAIL);
    let profile = ground.profile(ID).await;
    assert_eq!(address_and_name(&profile), (Some(EMAIL), Some("New User")));
    assert_eq!(profile.last_login_at, Some(ground.world.clock.now()));
    let late = ground.world.store.find_user_by_email("late@example.com");
    assert_eq!(late.await.unwrap(), None);
}

#[tokio::test]
async fn of_two_users_with_one_address_at_once_one_gets_it() {
    let ground = Ground::new().await;
    for id in [ID, "another"] {
        ground.prefers(id).await;
    }
    let held = ground.world.dynamodb.faults().hold("TransactWriteItems");
    let (said, ()) = tokio::join!(ground.signs_in("another", EMAIL), async {
        assert!(held.reached().await);
        ground.confirms(ID).await;
        held.release();
    });
    assert_eq!(said["email"], json!(null));
    let (one, other) = (ground.profile(ID).await, ground.profile("another").await);
    assert_eq!(address_and_name(&one), (Some(EMAIL), Some("New User")));
    assert_eq!(address_and_name(&other), (None, Some("New User")));
}

/// The reply to the write is lost, and the same write is sent again.
#[tokio::test]
async fn a_lost_reply_adds_nothing_twice() {
    let ground = Ground::new().await;
    ground.prefers(ID).await;
    let faults = ground.world.dynamodb.faults();
    faults.push("TransactWriteItems", local::dynamodb::Fault::LostReply);
    let said = ground.signs_in(ID, EMAIL).await;
    assert_eq!(said["email"], EMAIL);
    let profile = ground.profile(ID).await;
    assert_eq!(address_and_name(&profile), (Some(EMAIL), Some("New User")));
}
