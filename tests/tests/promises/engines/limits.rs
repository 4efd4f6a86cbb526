//! How long keys and how large items may be, and what a write costs.

use aws_sdk_dynamodb::types::{Put, ReturnConsumedCapacity, TransactWriteItem};

use super::{TABLE, client, code, n, put, s};

#[tokio::test]
async fn keys_have_between_one_byte_and_two_or_one_kibibytes() {
    let client = client().await;
    for (pk, sk, fits) in [
        (2048, 1024, true),
        (2049, 1, false),
        (1, 1025, false),
        (0, 1, false),
        (1, 0, false),
    ] {
        let put = client.put_item().table_name(TABLE);
        let put = put
            .item("pk", s("p".repeat(pk)))
            .item("sk", s("s".repeat(sk)));
        let answer = put.send().await;
        if fits {
            answer.unwrap();
        } else {
            assert_eq!(code(answer), "ValidationException", "{pk} {sk}");
        }
    }
    // What is no key may be empty; what is a key of an index may not.
    put(&client, "text", "1")
        .item("note", s(""))
        .send()
        .await
        .unwrap();
    let indexed = put(&client, "text", "1")
        .item("user_id", s(""))
        .item("at_seq", s("1"));
    assert_eq!(code(indexed.send().await), "ValidationException");
}

#[tokio::test]
async fn an_item_has_at_most_400_kibibytes() {
    let client = client().await;
    // Names and values count: pk X, sk big, version 1 (two bytes), note.
    let others = "pk".len() + 1 + "sk".len() + 3 + "version".len() + 2 + "note".len();
    let note = 400 * 1024 - others;
    let fits = put(&client, "big", "1").item("note", s("n".repeat(note)));
    fits.send().await.unwrap();
    let too_big = put(&client, "big", "1").item("note", s("n".repeat(note + 1)));
    assert_eq!(code(too_big.send().await), "ValidationException");
}

#[tokio::test]
async fn a_transaction_has_at_most_a_hundred_parts() {
    let client = client().await;
    let parts = |number: u32| {
        let parts = (0..number).map(|number| {
            let put = Put::builder().table_name(TABLE).item("pk", s("X"));
            let put = put
                .item("sk", s(number.to_string()))
                .item("version", n("1"));
            TransactWriteItem::builder()
                .put(put.build().unwrap())
                .build()
        });
        let transaction = client.transact_write_items();
        transaction.set_transact_items(Some(parts.collect())).send()
    };
    parts(100).await.unwrap();
    assert_eq!(code(parts(101).await), "ValidationException");
}

#[tokio::test]
async fn what_is_written_in_a_transaction_costs_twice() {
    let client = client().await;
    let total = ReturnConsumedCapacity::Total;
    // 1.5 KiB are two units.
    let note = s("n".repeat(1500));
    let alone = put(&client, "a", "1").item("note", note.clone());
    let alone = alone.return_consumed_capacity(total.clone()).send().await;
    let alone = alone.unwrap().consumed_capacity.unwrap().capacity_units;
    let part = Put::builder().table_name(TABLE).item("pk", s("X"));
    let part = part.item("sk", s("b")).item("version", n("1"));
    let part = part.item("note", note).build().unwrap();
    let part = TransactWriteItem::builder().put(part).build();
    let within = client.transact_write_items().transact_items(part);
    let within = within.return_consumed_capacity(total).send().await;
    let within = within.unwrap().consumed_capacity.unwrap();
    assert_eq!((alone, within[0].capacity_units), (Some(2.0), Some(4.0)));
}
