"""Stripe's own library at the local Stripe: lists, pages, expansions, writes,
and its classes of errors. It checks what it gets back; what it sends is
recorded by the local Stripe, each request under the name of its step.

Called with the URL of the local Stripe, a key for tests, and the URL of the
world. The stories that must have happened stand in
tests/tests/promises/stripe_api/recording.rs.
"""

import json
import sys
import urllib.request

import stripe

API, KEY, WORLD = sys.argv[1:]
STEPS = []

stripe.api_key = KEY
stripe.api_base = API
stripe.api_version = "2026-03-25.dahlia"
stripe.max_network_retries = 0
# Telemetry holds times.
stripe.enable_telemetry = False


def step(function):
    STEPS.append(function)
    return function


def ids(objects):
    return [it.id for it in objects]


def equal(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def fails(kind, call, **expected):
    try:
        call()
    except stripe.StripeError as error:
        assert type(error) is kind, f"{type(error)}: {error}"
        for name, value in expected.items():
            equal(getattr(error, name), value)
        assert error.request_id, "no request id"
        return
    raise AssertionError(f"{kind.__name__} was expected")


def order_faults(status, times):
    body = json.dumps({"status": status, "times": times}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{WORLD}/_local/stripe/faults", body, headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(request).read()


@step
def list_customers():
    found = ids(stripe.Customer.list(limit=2).auto_paging_iter())
    equal(found, ["cus_note", "cus_dispute", "cus_refund", "cus_link", "cus_long", "cus_renew"])


@step
def list_customers_backwards():
    page = stripe.Customer.list(limit=2, ending_before="cus_renew")
    equal(ids(page.auto_paging_iter()), ["cus_long", "cus_link", "cus_refund", "cus_dispute", "cus_note"])


@step
def retrieve_customer():
    equal(stripe.Customer.retrieve("cus_renew").object, "customer")


@step
def retrieve_subscription():
    expand = ["latest_invoice.payments", "customer"]
    found = stripe.Subscription.retrieve("sub_renew", expand=expand)
    equal(found.latest_invoice.payments.data[0].payment.payment_intent, "pi_renew_2")
    equal(found.customer.id, "cus_renew")
    equal(found["items"].data[0].price.id, "price_test_pro")


@step
def list_subscriptions():
    found = stripe.Subscription.list(customer="cus_renew", status="all", limit=100)
    equal(ids(found.auto_paging_iter()), ["sub_renew"])


@step
def list_invoices():
    found = stripe.Invoice.list(subscription="sub_renew", created={"gte": 1, "lt": 4102444800})
    equal(ids(found), ["in_renew_2", "in_renew_1"])


@step
def retrieve_invoice():
    found = stripe.Invoice.retrieve("in_long_2")
    equal((len(found.lines.data), found.lines.has_more, found.lines.total_count), (10, True, 25))


@step
def list_invoice_lines():
    found = ids(stripe.Invoice.list_lines("in_long_2", limit=10).auto_paging_iter())
    equal(found, [f"il_long_2_{line}" for line in range(1, 26)])


@step
def go_on_from_the_lines_of_an_invoice():
    lines = stripe.Invoice.retrieve("in_long_2").lines
    equal(len(ids(lines.auto_paging_iter())), 25)


@step
def list_invoice_payments():
    payment = {"type": "payment_intent", "payment_intent": "pi_renew_2"}
    found = stripe.InvoicePayment.list(payment=payment)
    equal([it.invoice for it in found], ["in_renew_2"])


@step
def retrieve_session():
    found = stripe.checkout.Session.retrieve("cs_test_link_1", expand=["line_items"])
    equal([(it.price.id, it.quantity) for it in found.line_items], [("price_test_pack_1000", 2)])


@step
def list_line_items():
    found = stripe.checkout.Session.list_line_items("cs_test_link_1", limit=100)
    equal([(it.price.id, it.quantity) for it in found], [("price_test_pack_1000", 2)])


@step
def list_sessions():
    found = stripe.checkout.Session.list(payment_intent="pi_link_1", expand=["data.line_items"])
    equal(found.data[0].line_items.data[0].quantity, 2)


@step
def retrieve_payment_intent():
    found = stripe.PaymentIntent.retrieve("pi_refund_1", expand=["latest_charge"])
    equal(found.latest_charge.amount_refunded, 200)


@step
def retrieve_charge():
    equal(stripe.Charge.retrieve("ch_refund_1").amount, 500)


@step
def list_refunds():
    equal(ids(stripe.Refund.list(charge="ch_refund_1")), ["re_refund_1"])
    equal(stripe.Refund.retrieve("re_refund_1").status, "succeeded")


@step
def retrieve_dispute():
    found = stripe.Dispute.retrieve("du_dispute_1")
    equal([it.amount for it in found.balance_transactions], [-500, 500])
    equal(ids(stripe.Dispute.list(payment_intent="pi_dispute_1")), ["du_dispute_1"])
    equal(stripe.BalanceTransaction.retrieve("txn_dispute_1").net, -500)


@step
def list_credit_notes():
    equal(ids(stripe.CreditNote.list(invoice="in_note_1")), ["cn_note_1"])
    equal(ids(stripe.CreditNote.list_lines("cn_note_1")), ["cnli_note_1"])


@step
def list_prices():
    found = stripe.Price.list(active=True, limit=100, expand=["data.product"])
    assert all(it.product.object == "product" for it in found.auto_paging_iter())
    equal(stripe.Product.retrieve("prod_test_pro").active, True)


@step
def list_events():
    types = ["refund.created", "charge.dispute.created", "credit_note.created"]
    found = stripe.Event.list(types=types, created={"gte": 1762439400}, limit=1)
    equal(sorted(it.type for it in found.auto_paging_iter()), sorted(types))
    found = stripe.Event.list(type="invoice.paid", limit=100)
    equal(stripe.Event.retrieve(found.data[0].id).type, "invoice.paid")


@step
def create_customer():
    made = stripe.Customer.create(
        email="ünï+code@example.com",
        metadata={"user_id": "free-user", "note": "a & b = c"},
        idempotency_key="create-customer-1",
    )
    equal(made.metadata["note"], "a & b = c")
    equal(made.email, "ünï+code@example.com")
    again = stripe.Customer.create(
        email="ünï+code@example.com",
        metadata={"user_id": "free-user", "note": "a & b = c"},
        idempotency_key="create-customer-1",
    )
    equal(again.id, made.id)
    equal(again.last_response.headers["idempotent-replayed"], "true")


@step
def update_customer():
    changed = stripe.Customer.modify("cus_renew", name="Renata", metadata={"user_id": ""})
    equal((changed.name, changed.metadata.to_dict()), ("Renata", {}))


@step
def create_refund():
    made = stripe.Refund.create(
        payment_intent="pi_refund_1",
        amount=100,
        reason="requested_by_customer",
        metadata={"user_id": "free-user"},
        expand=["charge"],
        idempotency_key="create-refund-1",
    )
    equal((made.amount, made.charge.amount_refunded), (100, 300))


@step
def create_refund_under_a_key_of_the_library():
    equal(stripe.Refund.create(charge="ch_refund_1", amount=50).status, "succeeded")


@step
def create_checkout_session():
    made = stripe.checkout.Session.create(
        mode="payment",
        customer="cus_renew",
        client_reference_id="free-user",
        line_items=[
            {"price": "price_test_pack_1000", "quantity": 2},
            {"price": "price_test_pack_10000", "quantity": 1},
        ],
        metadata={"user_id": "free-user", "price_id": "price_test_pack_1000"},
        payment_intent_data={"metadata": {"user_id": "free-user"}},
        success_url="http://localhost:8080/done?session={CHECKOUT_SESSION_ID}",
        cancel_url="http://localhost:8080/shop",
        currency="usd",
        expand=["line_items"],
        idempotency_key="create-session-1",
    )
    equal((made.status, made.amount_total, made.customer), ("open", 5500, "cus_renew"))
    equal([it.quantity for it in made.line_items], [2, 1])
    equal(made.url, f"{API}/c/pay/{made.id}")


@step
def create_checkout_session_of_a_subscription():
    made = stripe.checkout.Session.create(
        mode="subscription",
        customer="cus_renew",
        line_items=[{"price": "price_test_pro", "quantity": 1}],
        subscription_data={"metadata": {"user_id": "free-user"}},
        success_url="my.app:/done",
        idempotency_key="create-session-2",
    )
    equal((made.mode, made.payment_status), ("subscription", "unpaid"))


@step
def refuse_checkout_sessions():
    line = {"price": "price_nobody_sells", "quantity": 1}
    create = lambda: stripe.checkout.Session.create(mode="payment", line_items=[line], success_url="my.app:/done")
    missing = {"code": "resource_missing", "param": "line_items[0][price]", "http_status": 400}
    fails(stripe.InvalidRequestError, create, **missing)


@step
def create_portal_session():
    made = stripe.billing_portal.Session.create(
        customer="cus_renew",
        return_url="http://localhost:8080/account",
        flow_data={"type": "subscription_cancel", "subscription_cancel": {"subscription": "sub_renew"}},
        idempotency_key="create-portal-1",
    )
    equal((made.customer, made.flow.type), ("cus_renew", "subscription_cancel"))


@step
def sell():
    """What the function billing asks for; tests/stripe_api/client.rs compares."""
    made = stripe.Customer.create(
        email="some.body@example.com",
        name="Some Body",
        metadata={"user_id": "some-body"},
        idempotency_key="sell-customer",
    )
    found = stripe.Customer.list(email="some.body@example.com", limit=100)
    equal(ids(found.data), [made.id])
    common = {
        "customer": "cus_renew",
        "client_reference_id": "free-user",
        "currency": "usd",
        "success_url": "https://app.example.com/shop?tab=2&checkout=completed",
        "cancel_url": "https://app.example.com/shop?tab=2&checkout=cancelled",
        "expires_at": 1762522200,
    }
    pack = stripe.checkout.Session.create(
        mode="payment",
        line_items=[{"price": "price_test_pack_1000", "quantity": 3}],
        metadata={
            "user_id": "free-user",
            "checkout": "mark-1",
            "price_id": "price_test_pack_1000",
            "quantity": "3",
        },
        payment_intent_data={"metadata": {"user_id": "free-user"}},
        idempotency_key="sell-pack",
        **common,
    )
    plan = stripe.checkout.Session.create(
        mode="subscription",
        line_items=[{"price": "price_test_pro", "quantity": 1}],
        metadata={"user_id": "free-user", "checkout": "mark-2"},
        subscription_data={"metadata": {"user_id": "free-user"}},
        idempotency_key="sell-plan",
        **common,
    )
    found = stripe.checkout.Session.list(customer="cus_renew", limit=100)
    equal(ids(found.data)[:2], [plan.id, pack.id])
    expire = lambda: stripe.checkout.Session.expire("cs_test_link_1", idempotency_key="sell-expire")
    fails(stripe.InvalidRequestError, expire, http_status=400)
    for flow in [
        None,
        {"type": "payment_method_update"},
        {"type": "subscription_cancel", "subscription_cancel": {"subscription": "sub_renew"}},
        {"type": "subscription_update", "subscription_update": {"subscription": "sub_renew"}},
    ]:
        stripe.billing_portal.Session.create(
            customer="cus_renew",
            return_url="https://app.example.com",
            idempotency_key=f"sell-portal-{flow['type'] if flow else 'home'}",
            **({"flow_data": flow} if flow else {}),
        )


@step
def update_subscription():
    ends = stripe.Subscription.modify("sub_renew", cancel_at_period_end=True)
    equal(ends.cancel_at_period_end, True)
    item = ends["items"].data[0].id
    changed = stripe.Subscription.modify(
        "sub_renew",
        cancel_at_period_end=False,
        items=[{"id": item, "price": "price_test_pro_plus"}],
        proration_behavior="none",
    )
    equal(changed["items"].data[0].price.id, "price_test_pro_plus")
    equal(changed.cancel_at_period_end, False)


@step
def cancel_subscription():
    equal(stripe.Subscription.cancel("sub_long").status, "canceled")


@step
def meet_errors():
    invalid = stripe.InvalidRequestError
    missing = {"code": "resource_missing", "param": "id", "http_status": 404}
    fails(invalid, lambda: stripe.Customer.retrieve("cus_nobody"), **missing)
    fails(invalid, lambda: stripe.Customer.list(limit=101), param="limit", http_status=400)
    spent = {"code": "charge_already_refunded", "http_status": 400}
    stripe.Refund.create(charge="ch_refund_1")
    fails(invalid, lambda: stripe.Refund.create(charge="ch_refund_1"), **spent)
    other = lambda: stripe.Customer.create(name="Other", idempotency_key="create-customer-1")
    fails(stripe.IdempotencyError, other, http_status=400)
    key = lambda: stripe.Customer.retrieve("cus_renew", api_key="pk_test_1")
    fails(stripe.AuthenticationError, key, http_status=401)
    account = lambda: stripe.Customer.retrieve("cus_renew", stripe_account="acct_1")
    fails(stripe.PermissionError, account, http_status=403)
    version = lambda: stripe.Customer.retrieve("cus_renew", stripe_version="2026-10-28.endive")
    fails(invalid, version, http_status=400)


@step
def meet_failures():
    read = lambda: stripe.Customer.retrieve("cus_renew")
    for status, kind in [
        (402, stripe.CardError),
        (409, stripe.APIError),
        (429, stripe.RateLimitError),
        (500, stripe.APIError),
        (503, stripe.APIError),
    ]:
        order_faults(status, 1)
        try:
            read()
        except stripe.StripeError as error:
            assert isinstance(error, kind), f"{status}: {type(error)}"
            equal(error.http_status, status)
        else:
            raise AssertionError(f"{status} went unnoticed")
        read()


@step
def try_again_after_failures():
    stripe.max_network_retries = 2
    order_faults(500, 2)
    made = stripe.Customer.create(name="Retried", idempotency_key="retried-1")
    stripe.max_network_retries = 0
    equal(made.name, "Retried")


for run in STEPS:
    stripe.set_app_info(run.__name__)
    run()
    print(run.__name__)
