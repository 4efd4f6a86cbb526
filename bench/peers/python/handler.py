"""The Python peer: reading and charging credits with boto3's table resource.

API Gateway has verified the token before this is called.
"""

import base64
import json
import math
import os
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation

import boto3

TRIES = 5

# Made outside the handler, so that warm calls reuse its connections.
table = boto3.resource("dynamodb").Table(os.environ["CREDITS_TABLE"])
client = table.meta.client


def handler(event, _context):
    route = event["routeKey"]
    if route == "GET /api/user/credits":
        return get_credits(event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"])
    if route == "POST /api/users/{userId}/charges":
        return post_charge(event)
    return answer(404, {"error": "not_found"})


def get_credits(user_id):
    balance = read(user_id, "BALANCE")
    if balance is None:
        return answer(404, {"error": "not_found"})
    return answer(200, credits_body(balance))


def post_charge(event):
    user_id = event["pathParameters"]["userId"]
    key = event["headers"].get("idempotency-key")
    if not key:
        return answer(400, {"error": "invalid_request"})
    amount = milli_credits(event)
    if amount is None:
        return answer(422, {"error": "validation_failed"})

    for _ in range(TRIES):
        balance = read(user_id, "BALANCE", consistent=True)
        charge = balance and split(balance, amount)
        if not charge:
            # A repeat of the charge that used the credits up is no refusal.
            entry = read(user_id, f"ENTRY#{key}", consistent=True)
            if entry:
                return answer(200, charge_body(entry))
            return answer(402, {"error": "insufficient_credits"})
        entry = entry_of(user_id, key, charge, balance)
        try:
            commit(entry, charge, balance["version"])
            return answer(201, charge_body(entry))
        except client.exceptions.TransactionCanceledException as cancelled:
            reasons = cancelled.response["CancellationReasons"]
            if reasons[0]["Code"] == "ConditionalCheckFailed":
                return answer(200, charge_body(read(user_id, f"ENTRY#{key}", consistent=True)))
            # Somebody else changed the balance: look at it again.
    return answer(503, {"error": "try_again"})


def read(user_id, sk, consistent=False):
    key = {"pk": f"USER#{user_id}", "sk": sk}
    return table.get_item(Key=key, ConsistentRead=consistent).get("Item")


def milli_credits(event):
    text = event["body"]
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text)
        amount = round(Decimal(json.loads(text)["amount"]) * 1000)
    except (ValueError, TypeError, KeyError, InvalidOperation, OverflowError):
        return None
    return amount if amount >= 0 else None


def split(balance, amount):
    """Free credits go first; none if both together are not enough."""
    free = min(amount, int(balance["free_remaining_milli"]))
    pro = amount - free
    if pro > balance["pro_remaining_milli"]:
        return None
    return {"amount": amount, "free": free, "pro": pro}


def entry_of(user_id, key, charge, balance):
    available = balance["free_remaining_milli"] + balance["pro_remaining_milli"]
    return {
        "pk": f"USER#{user_id}",
        "sk": f"ENTRY#{key}",
        "charge_id": key,
        "amount_milli": charge["amount"],
        "free_used_milli": charge["free"],
        "pro_used_milli": charge["pro"],
        "available_milli": available - charge["amount"],
        "version": balance["version"] + 1,
        "at": now_text(),
    }


def commit(entry, charge, version):
    put = {
        "TableName": table.name,
        "Item": entry,
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    update = {
        "TableName": table.name,
        "Key": {"pk": entry["pk"], "sk": "BALANCE"},
        "UpdateExpression": (
            "SET free_remaining_milli = free_remaining_milli - :free, free_used_milli = free_used_milli + :free, "
            "pro_remaining_milli = pro_remaining_milli - :pro, pro_used_milli = pro_used_milli + :pro, "
            "version = version + :one"
        ),
        "ConditionExpression": (
            "version = :version AND free_remaining_milli >= :free AND pro_remaining_milli >= :pro"
        ),
        "ExpressionAttributeValues": {
            ":free": charge["free"],
            ":pro": charge["pro"],
            ":one": 1,
            ":version": version,
        },
    }
    client.transact_write_items(TransactItems=[{"Put": put}, {"Update": update}])


def credits_body(balance):
    remaining = math.floor(balance["free_remaining_milli"] / 1000)
    pro_remaining = math.floor(balance["pro_remaining_milli"] / 1000)
    reset = datetime.fromisoformat(balance["reset_date"].replace("Z", "+00:00"))
    until_reset = (reset - datetime.now(timezone.utc)).total_seconds()
    return {
        "freeCredits": {
            "remaining": remaining,
            "monthlyAllocation": math.floor(balance["free_allocation_milli"] / 1000),
            "used": math.ceil(balance["free_used_milli"] / 1000),
            "resetDate": balance["reset_date"],
            "daysUntilReset": max(0, math.ceil(until_reset / 86_400)),
            "held": 0,
        },
        "proCredits": {
            "remaining": pro_remaining,
            "purchasedTotal": math.floor(balance["pro_total_milli"] / 1000),
            "lifetimeUsed": math.ceil(balance["pro_used_milli"] / 1000),
            "held": 0,
        },
        "totalAvailable": remaining + pro_remaining,
        "lastUpdated": now_text(),
    }


def charge_body(entry):
    return {
        "chargeId": entry["charge_id"],
        "amount": credits_text(entry["amount_milli"]),
        "freeUsed": credits_text(entry["free_used_milli"]),
        "proUsed": credits_text(entry["pro_used_milli"]),
        "totalAvailable": math.floor(entry["available_milli"] / 1000),
        "version": int(entry["version"]),
    }


def credits_text(milli):
    return f"{Decimal(milli) / 1000:.3f}".rstrip("0").rstrip(".")


def now_text():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def answer(status, body):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }
