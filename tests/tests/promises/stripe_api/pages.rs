//! Lists, page by page and narrowed.

use local::stripe::Scenario;

use super::Shop;

async fn three_customers() -> Shop {
    Shop::of(&[
        (Scenario::Subscribe, "a"),
        (Scenario::BuyPack, "b"),
        (Scenario::DeleteCustomer, "gone"),
        (Scenario::CreditNote, "c"),
    ])
    .await
}

#[tokio::test]
async fn pages_go_forth_and_back_over_the_same_list() {
    let shop = three_customers().await;
    for (query, ids, has_more) in [
        ("", "cus_c cus_b cus_a", false),
        ("limit=2", "cus_c cus_b", true),
        ("limit=3", "cus_c cus_b cus_a", false),
        ("limit=2&starting_after=cus_b", "cus_a", false),
        ("limit=1&starting_after=cus_c", "cus_b", true),
        ("starting_after=cus_a", "", false),
        ("limit=1&ending_before=cus_a", "cus_b", true),
        ("limit=2&ending_before=cus_a", "cus_c cus_b", false),
        ("ending_before=cus_c", "", false),
    ] {
        let said = shop.get(&format!("/v1/customers?{query}")).await;
        assert_eq!(said.ids(), (words(ids), has_more), "{query}");
        assert_eq!(said.body["url"], "/v1/customers");
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_string).collect()
}

#[tokio::test]
async fn the_lines_of_an_invoice_come_in_their_order_page_by_page() {
    let shop = Shop::of(&[(Scenario::LongInvoice, "long")]).await;
    let path = "/v1/invoices/in_long_2/lines";
    let (all, _) = shop.get(&format!("{path}?limit=25")).await.ids();
    let expected: Vec<String> = (1..=25).map(|line| format!("il_long_2_{line}")).collect();
    assert_eq!(all, expected);
    let mut read = Vec::new();
    let mut query = String::new();
    loop {
        let (ids, has_more) = shop.get(&format!("{path}?{query}")).await.ids();
        assert_eq!(ids.len(), if has_more { 10 } else { 5 });
        query = format!("starting_after={}", ids.last().unwrap());
        read.extend(ids);
        if !has_more {
            break;
        }
    }
    assert_eq!(read, expected);
    let (before, more) = shop
        .get(&format!("{path}?limit=3&ending_before=il_long_2_5"))
        .await
        .ids();
    assert_eq!((before, more), (expected[1..4].to_vec(), true));
}

#[tokio::test]
async fn lists_are_narrowed_by_what_stripe_narrows_them_by() {
    let shop = Shop::of(&[
        (Scenario::Renew, "r"),
        (Scenario::CancelAtPeriodEnd, "x"),
        (Scenario::RefundPartial, "p"),
        (Scenario::DisputeWon, "d"),
        (Scenario::CreditNote, "n"),
    ])
    .await;
    for (path, ids) in [
        ("subscriptions", "sub_n sub_r"),
        ("subscriptions?status=all", "sub_n sub_x sub_r"),
        ("subscriptions?status=ended", "sub_x"),
        ("subscriptions?status=canceled", "sub_x"),
        ("subscriptions?customer=cus_r", "sub_r"),
        ("subscriptions?price=price_test_pro_plus", ""),
        ("subscription_items?subscription=sub_r", "si_r"),
        ("invoices?customer=cus_r", "in_r_2 in_r_1"),
        ("invoices?subscription=sub_r&limit=1", "in_r_2"),
        ("invoices?status=open", ""),
        ("invoice_payments?invoice=in_r_1", "inpay_r_1"),
        (
            "invoice_payments?payment[type]=payment_intent&payment[payment_intent]=pi_r_2",
            "inpay_r_2",
        ),
        ("checkout/sessions?payment_intent=pi_p_1", "cs_test_p_1"),
        ("checkout/sessions?subscription=sub_r", "cs_test_r_1"),
        ("payment_intents?customer=cus_d", "pi_d_1"),
        ("charges?payment_intent=pi_d_1", "ch_d_1"),
        ("refunds?charge=ch_p_1", "re_p_1"),
        ("refunds?payment_intent=pi_d_1", ""),
        ("disputes?payment_intent=pi_d_1", "du_d_1"),
        ("balance_transactions?source=du_d_1", "txn_d_2 txn_d_1"),
        ("credit_notes?invoice=in_n_1", "cn_n_1"),
        ("credit_notes/cn_n_1/lines", "cnli_n_1"),
        ("products?ids[]=prod_test_pro", "prod_test_pro"),
        ("prices?product=prod_test_pro", "price_test_pro"),
        (
            "prices?type=one_time&active=true",
            "price_test_pack_10000 price_test_pack_1000",
        ),
        ("events?type=refund.created", "evt_p_refund_partial_2"),
        (
            "events?types[]=credit_note.created&types[1]=charge.refunded",
            "evt_n_credit_note_5 evt_p_refund_partial_3",
        ),
        (
            "events?type=charge.dispute.*&limit=1",
            "evt_d_dispute_won_5",
        ),
    ] {
        let (found, _) = shop.get(&format!("/v1/{path}")).await.ids();
        assert_eq!(found, words(ids), "{path}");
    }
}

#[tokio::test]
async fn moments_are_given_exactly_or_by_bounds() {
    let shop = Shop::of(&[(Scenario::RefundPartial, "p")]).await;
    let start = tests::at(tests::NOW).unix_seconds();
    let later = start + 86_400;
    let [first, second, third] = [1, 2, 3].map(|it| format!("evt_p_refund_partial_{it}"));
    for (query, ids) in [
        (format!("created={start}"), vec![&first]),
        (format!("created[gte]={later}"), vec![&third, &second]),
        (format!("created[gt]={start}"), vec![&third, &second]),
        (format!("created[gt]={later}"), vec![]),
        (format!("created[lt]={later}"), vec![&first]),
        (
            format!("created[gte]={start}&created[lte]={later}"),
            vec![&third, &second, &first],
        ),
    ] {
        let (found, _) = shop.get(&format!("/v1/events?{query}")).await.ids();
        assert_eq!(found.iter().collect::<Vec<_>>(), ids, "{query}");
    }
}
