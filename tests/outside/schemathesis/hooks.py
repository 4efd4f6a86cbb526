"""What Schemathesis cannot know of itself: whose token a route needs, how Stripe signs,
that a write bears a new key, what is on offer, where an app may return to, where pages ended, and how long
a range may be. Nothing of an answer is touched, and a request that is meant to be wrong stays wrong."""

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
# Where pages of the history ended: a page begins nowhere else.
CURSORS = []
# A range may have 92 days, and a date means the whole of its day.
MOST_DAYS = 91


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


@schemathesis.hook
def after_call(context, case, response):
    if case.path == "/api/user/credits/history" and response.status_code == 200:
        cursor = response.json()["nextCursor"]
        if cursor is not None and cursor not in CURSORS:
            CURSORS.append(cursor)


@schemathesis.hook("before_call")
def ask_for_what_there_is(context, case, kwargs):
    """A cursor that is one, and a range that is not turned round or too long: the schema
    cannot say either."""
    if not is_valid(case) or not case.query:
        return
    cursor = case.query.get("cursor")
    if case.path == "/api/user/credits/history" and isinstance(cursor, str) and cursor not in CURSORS:
        if CURSORS:
            case.query["cursor"] = CURSORS[len(cursor) % len(CURSORS)]
        else:
            del case.query["cursor"]
    if case.path == "/api/user/usage":
        if isinstance(case.query.get("to"), str):
            case.query["to"] = not_too_early(case.query["to"])
        if isinstance(case.query.get("from"), str):
            case.query["from"] = before(case.query["from"], case.query.get("to"))


def not_too_early(text):
    """The API knows times from 1900 on. Two thousand years later every date exists too."""
    year = int(text[:4])
    return f"{year + 2000}{text[4:]}" if year < 1901 else text


def before(start, end):
    """A moment in the form of `start` that lies before `end`, by default the world's time,
    as far as a range may reach; the same for the same text."""
    end = moment(os.environ["WORLD_TIME"] if end is None else end)
    days = datetime.timedelta(days=sum(start.encode()) % (MOST_DAYS + 1))
    try:
        begun = end - days
    except OverflowError:
        begun = end
    if "t" not in start.lower():
        return begun.date().isoformat()
    return begun.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def moment(text):
    """A date or a time, in UTC; of a date its first second."""
    read = datetime.datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    return read if read.tzinfo is None else read.astimezone(datetime.timezone.utc)


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
