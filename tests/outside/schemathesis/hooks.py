"""What Schemathesis cannot know of itself: whose token a route needs, how Stripe signs,
that a write bears a new key, what is on offer, and where an app may return to. Nothing of an answer is
touched, and a request that is meant to be wrong stays wrong."""

import datetime
import hashlib
import hmac
import itertools
import os

import schemathesis
from schemathesis.core.parameters import ParameterLocation

MODELS = ["gpt-5", "gemini-2.0-pro", "claude-3.5-sonnet"]
PRICES = ["price_test_pack_1000", "price_test_pack_10000", "price_test_pro"]
RETURN_URL = "http://localhost:8080/callback"
KEYS = itertools.count(1)


@schemathesis.hook
def before_load_schema(context, schema):
    """It sets a token for a bearer scheme, and knows of OAuth only that it exists."""
    schemes = schema["components"]["securitySchemes"]
    for name in schemes:
        schemes[name] = {"type": "http", "scheme": "bearer"}


@schemathesis.auth().apply_to(path_regex=r"^/(api/user(/|$)|v1/)")
class OfUser:
    def get(self, case, context):
        return os.environ["USER_TOKEN"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth().apply_to(path_regex=r"^/api/users/")
class OfService:
    def get(self, case, context):
        return os.environ["SERVICE_TOKEN"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


def is_valid(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


def whole(value):
    """JSON Schema takes 5.0 for a whole number; the API wants it written as 5, as every
    program writes it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items()}
    if isinstance(value, list):
        return [whole(part) for part in value]
    return value


def on_offer(body):
    """Names models and prices that there are, an address that the app may return to, and
    new keys for the charges of a batch."""
    if isinstance(body.get("returnUrl"), str):
        body["returnUrl"] = RETURN_URL
    if isinstance(body.get("priceId"), str):
        body["priceId"] = PRICES[len(body["priceId"]) % len(PRICES)]
    for name in ("modelId", "defaultModel"):
        if isinstance(body.get(name), str):
            body[name] = MODELS[len(body[name]) % len(MODELS)]
    for name in ("charges", "quotes"):
        for part in body.get(name, []):
            on_offer(part)
            if "idempotencyKey" in part:
                part["idempotencyKey"] = f"{os.environ['RUN']}-{next(KEYS)}"


@schemathesis.hook
def before_call(context, case, kwargs):
    if is_valid(case) and isinstance(case.body, dict):
        case.body = whole(case.body)
        on_offer(case.body)
    names = {name.lower() for name in case.headers}
    # A key of two letters has been used before, which is another error.
    if is_valid(case) and "idempotency-key" in names:
        case.headers["Idempotency-Key"] = f"{os.environ['RUN']}-{next(KEYS)}"


@schemathesis.hook("before_call")
def sign(context, case, kwargs):
    """Signs what is sent to the webhook, unless the signature is what is wrong."""
    names = {name.lower() for name in case.headers}
    if case.path != "/webhooks/stripe" or "stripe-signature" not in names:
        return
    if case.meta is None or not case.meta.is_negative_at(ParameterLocation.HEADER):
        kwargs["auth"] = signed


def world_seconds():
    now = datetime.datetime.fromisoformat(os.environ["WORLD_TIME"].replace("Z", "+00:00"))
    return str(int(now.timestamp()))


def signed(request):
    """The signature of the very bytes of a request, at the world's time."""
    now = world_seconds()
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    payload = now.encode() + b"." + body
    digest = hmac.new(os.environ["WEBHOOK_SECRET"].encode(), payload, hashlib.sha256)
    request.headers["Stripe-Signature"] = f"t={now},v1={digest.hexdigest()}"
    return request
