// The Node peer: reading and charging credits with the AWS SDK's document
// client. API Gateway has verified the token before this is called.

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";

const TableName = process.env.CREDITS_TABLE;
const TRIES = 5;

// Made outside the handler, so that warm calls reuse its connections.
const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export async function handler(event) {
  switch (event.routeKey) {
    case "GET /api/user/credits":
      return getCredits(event.requestContext.authorizer.jwt.claims.sub);
    case "POST /api/users/{userId}/charges":
      return postCharge(event);
    default:
      return answer(404, { error: "not_found" });
  }
}

async function getCredits(userId) {
  const balance = await read(userId, "BALANCE");
  return balance ? answer(200, creditsBody(balance)) : answer(404, { error: "not_found" });
}

async function postCharge(event) {
  const { userId } = event.pathParameters;
  const key = event.headers["idempotency-key"];
  if (!key) return answer(400, { error: "invalid_request" });
  const amount = milliCredits(event);
  if (amount === null) return answer(422, { error: "validation_failed" });

  for (let tries = 0; tries < TRIES; tries += 1) {
    const balance = await read(userId, "BALANCE", true);
    const charge = balance && split(balance, amount);
    if (!charge) {
      // A repeat of the charge that used the credits up is no refusal.
      const entry = await read(userId, `ENTRY#${key}`, true);
      return entry ? answer(200, chargeBody(entry)) : answer(402, { error: "insufficient_credits" });
    }
    const entry = entryOf(userId, key, charge, balance);
    try {
      await dynamodb.send(commit(entry, charge, balance.version));
      return answer(201, chargeBody(entry));
    } catch (error) {
      if (error.name !== "TransactionCanceledException") throw error;
      if (error.CancellationReasons[0].Code === "ConditionalCheckFailed") {
        return answer(200, chargeBody(await read(userId, `ENTRY#${key}`, true)));
      }
      // Somebody else changed the balance: look at it again.
    }
  }
  return answer(503, { error: "try_again" });
}

async function read(userId, sk, ConsistentRead = false) {
  const Key = { pk: `USER#${userId}`, sk };
  const { Item } = await dynamodb.send(new GetCommand({ TableName, Key, ConsistentRead }));
  return Item;
}

function milliCredits(event) {
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
  try {
    const amount = Math.round(Number(JSON.parse(text).amount) * 1000);
    return amount >= 0 ? amount : null;
  } catch {
    return null;
  }
}

// Free credits go first; null if both together are not enough.
function split(balance, amount) {
  const free = Math.min(amount, balance.free_remaining_milli);
  const pro = amount - free;
  return pro <= balance.pro_remaining_milli ? { amount, free, pro } : null;
}

function entryOf(userId, key, charge, balance) {
  return {
    pk: `USER#${userId}`,
    sk: `ENTRY#${key}`,
    charge_id: key,
    amount_milli: charge.amount,
    free_used_milli: charge.free,
    pro_used_milli: charge.pro,
    available_milli: balance.free_remaining_milli + balance.pro_remaining_milli - charge.amount,
    version: balance.version + 1,
    at: now(),
  };
}

function commit(entry, { free, pro }, version) {
  const Put = {
    TableName,
    Item: entry,
    ConditionExpression: "attribute_not_exists(pk)",
  };
  const Update = {
    TableName,
    Key: { pk: entry.pk, sk: "BALANCE" },
    UpdateExpression:
      "SET free_remaining_milli = free_remaining_milli - :free, free_used_milli = free_used_milli + :free, " +
      "pro_remaining_milli = pro_remaining_milli - :pro, pro_used_milli = pro_used_milli + :pro, " +
      "version = version + :one",
    ConditionExpression:
      "version = :version AND free_remaining_milli >= :free AND pro_remaining_milli >= :pro",
    ExpressionAttributeValues: { ":free": free, ":pro": pro, ":one": 1, ":version": version },
  };
  return new TransactWriteCommand({ TransactItems: [{ Put }, { Update }] });
}

function creditsBody(balance) {
  const remaining = Math.floor(balance.free_remaining_milli / 1000);
  const proRemaining = Math.floor(balance.pro_remaining_milli / 1000);
  const untilReset = new Date(balance.reset_date) - Date.now();
  return {
    freeCredits: {
      remaining,
      monthlyAllocation: Math.floor(balance.free_allocation_milli / 1000),
      used: Math.ceil(balance.free_used_milli / 1000),
      resetDate: balance.reset_date,
      daysUntilReset: Math.max(0, Math.ceil(untilReset / 86_400_000)),
      held: 0,
    },
    proCredits: {
      remaining: proRemaining,
      purchasedTotal: Math.floor(balance.pro_total_milli / 1000),
      lifetimeUsed: Math.ceil(balance.pro_used_milli / 1000),
      held: 0,
    },
    totalAvailable: remaining + proRemaining,
    lastUpdated: now(),
  };
}

function chargeBody(entry) {
  return {
    chargeId: entry.charge_id,
    amount: String(entry.amount_milli / 1000),
    freeUsed: String(entry.free_used_milli / 1000),
    proUsed: String(entry.pro_used_milli / 1000),
    totalAvailable: Math.floor(entry.available_milli / 1000),
    version: entry.version,
  };
}

function answer(statusCode, body) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

// 2025-12-01T00:00:00Z, without the thousandths.
function now() {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
