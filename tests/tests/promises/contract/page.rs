//! The local world serves its descriptions: documents as they stand in the repository, and
//! pages that are whole without a network and without JavaScript.

use serde_json::Value;
use tests::Served;

use super::generated;

#[tokio::test]
async fn the_documents_are_served_as_they_stand_in_the_repository() {
    let served = Served::start().await;
    for (path, document) in [
        ("/openapi.yaml", generated(openapi::API)),
        ("/_local/openapi.yaml", generated(openapi::LOCAL)),
    ] {
        let answer = served.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/yaml")
        );
        assert_eq!(answer.text, document.text, "{path}");
        let read = local::docs::read(&answer.text).unwrap();
        assert_eq!(read, document.value, "{path} is read as it was meant");
    }
    let answer = served.get("/openapi.json").await;
    assert_eq!(answer.json(), generated(openapi::API).value);
}

#[tokio::test]
async fn the_pages_name_every_route_and_schema_and_fetch_nothing() {
    let served = Served::start().await;
    for (path, document) in [("/docs", openapi::API), ("/_local/docs", openapi::LOCAL)] {
        let answer = served.get(path).await;
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        let page = answer.text;
        let document = generated(document).value;
        for (path, item) in document["paths"].as_object().unwrap() {
            assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
            for operation in item.as_object().unwrap().values() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(page.contains(&format!("<h3 id=\"{id}\">")), "{id}");
            }
        }
        for name in document["components"]["schemas"]
            .as_object()
            .unwrap()
            .keys()
        {
            assert!(
                page.contains(&format!("<h3 id=\"schema-{name}\">")),
                "{name}"
            );
        }
        for (number, part) in page.split("href=\"#").skip(1).enumerate() {
            let id = part.split('"').next().unwrap();
            let there = page.contains(&format!("id=\"{id}\""));
            assert!(there, "link {number} of {path} leads nowhere: {id}");
        }
        for fetched in ["<script", "src=", "url(", "@import", "<link"] {
            assert!(!page.contains(fetched), "{path} has {fetched}");
        }
        for needed in [
            "<html lang=\"en\">",
            "name=\"viewport\"",
            "color-scheme: light dark",
        ] {
            assert!(page.contains(needed), "{path} lacks {needed}");
        }
    }
}

#[test]
fn a_text_of_a_document_never_becomes_markup() {
    let evil = "</code><script>alert(1)</script>\"";
    let document = serde_json::json!({
        "info": {"title": evil, "version": evil, "description": evil},
        "paths": {evil: {"get": {
            "operationId": evil, "summary": evil, "description": evil,
            "security": [{evil: [evil]}],
            "parameters": [{"name": evil, "in": evil, "schema": {"enum": [evil]}, "description": evil}],
            "responses": {evil: {
                "description": evil, "headers": {evil: {}},
                "content": {evil: {"schema": {"type": evil, "pattern": evil}, "example": evil}},
            }},
        }}},
        "components": {"schemas": {evil: {"description": evil, "properties": {evil: Value::Null}}}},
    });
    let page = local::docs::html(&document);
    assert!(!page.contains("<script"), "{page}");
}
