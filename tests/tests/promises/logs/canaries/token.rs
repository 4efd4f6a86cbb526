//! Codes, verifiers and tokens, addresses and names pass through the token function and
//! the function of the user pool, and are in none of their lines.

use serde_json::json;

use super::ground::PLANTED;
use super::leaks;
use super::reported::Reported;
use crate::routes::sign_up_function;
use crate::token::{Ground, Reply, code_form, confirmation, refresh_form};

const USER: &str = "planted.user@example.com";

/// Forms with the word in everything that is secret.
fn forms() -> [String; 2] {
    let verifier = "planted".repeat(7);
    let code = format!("{}&state=planted&include_user_data=true", code_form());
    let code = code.replace("code_verifier=", "was=");
    let code = code.replace("code=", "code=planted-");
    let refresh = refresh_form().replace("r-1", "planted-refresh");
    [
        format!("{code}&code_verifier={verifier}"),
        format!("{refresh}&include_credits=true"),
    ]
}

#[tokio::test]
async fn no_code_verifier_or_token_is_in_a_line() {
    let reported = Reported::default();
    let _listening = reported.listen();
    let ground = Ground::new().await;
    let access = ground.access(USER, &json!({"jti": "planted"}));
    let id = ground.id(
        USER,
        "planted-mail@example.com",
        &json!({"name": "Planted"}),
    );
    let mut answers = Vec::new();
    for tokens in [
        (access.as_str(), Some(id.as_str())),
        ("planted.planted.planted", Some("planted-id")),
        (access.as_str(), Some("planted.planted.planted")),
    ] {
        ground.gives(tokens.0, tokens.1);
        for form in forms() {
            answers.push(ground.ask(&form).await.text);
        }
    }
    for reply in [
        Reply::json(
            400,
            &json!({"error": "planted", "error_description": "planted"}),
        ),
        Reply::json(500, &json!({"error": "planted"})),
        Reply::Of(200, "planted".into()),
        Reply::Cut,
    ] {
        ground.issuer.answers(reply);
        for form in forms() {
            answers.push(ground.ask(&form).await.text);
        }
    }
    // The answers have the word; only the log must not.
    assert!(
        answers
            .iter()
            .any(|text| text.to_lowercase().contains(PLANTED))
    );
    let mut event = confirmation();
    event["userName"] = json!("planted");
    for (name, value) in [
        ("sub", USER),
        ("email", "Planted@example.com"),
        ("name", "Planted"),
    ] {
        event["request"]["userAttributes"][name] = json!(value);
    }
    let sign_up = sign_up_function(&ground.world);
    for _ in 0..2 {
        sign_up.handle(event.clone(), "i-1".into()).await.unwrap();
    }
    event["triggerSource"] = json!("PreSignUp_SignUp");
    for address in ["Planted@example.com", "Planted@mailinator.com"] {
        event["request"]["userAttributes"]["email"] = json!(address);
        let answer = sign_up.handle(event.clone(), "i-1".into()).await;
        assert_eq!(answer.is_ok(), address.ends_with("example.com"));
    }
    let mut said = ground.world.log.take();
    assert!(said.len() >= 16, "only {} lines", said.len());
    said.extend(reported.so_far());
    said.push(format!("{:?}", ground.app));
    assert_eq!(leaks(&said), Vec::<String>::new());
}
