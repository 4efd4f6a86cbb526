//! What a log may know of keys, and what each key is of.

use super::*;

#[test]
fn a_log_may_know_where_something_lies_and_not_who_it_is_about() {
    let user: UserId = "somebody@example.com".parse().unwrap();
    let api = "api#inference-service#somebodys-key".parse().unwrap();
    for (key, place) in [
        (account(&user), "credits USER#…/ACCOUNT"),
        (entry(&user, &api), "credits USER#…/ENTRY#…"),
        (rate_counter(&user, "credits", 7), "credits RATE#…/…"),
        (profile(&user), "users USER#…/PROFILE"),
        (subscription(&user, None), "users USER#…/SUBSCRIPTION#…"),
        (email_claim("Some@Body.example"), "users EMAIL#…/CLAIM"),
        (trial("pro", &user), "billing TRIAL#…/TRIAL"),
        (Key::new(Table::Users, "somebody", "x#y"), "users …/…"),
        (
            invoice(&"in_1".parse().unwrap()),
            "billing INVOICE#in_1/INVOICE",
        ),
        (model("gpt-5"), "users MODELS/MODEL#gpt-5"),
        (
            Key::new(Table::Users, "RELEASES", "RELEASE#customer#cus_1#now"),
            "users RELEASES/RELEASE#customer#cus_1#now",
        ),
    ] {
        assert_eq!(key.place(), place);
    }
}
