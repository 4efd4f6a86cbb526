// Credits in Postgres: one query to read, one transaction to charge.

const CURRENT =
  "SELECT id, credit_type, total_milli, used_milli, remaining_milli, reset_date " +
  "FROM user_credits WHERE user_id = $1 AND credit_type IN ('free', 'pro') AND is_current";

export async function readCredits(pool, userId) {
  const { free, pro } = byType(await pool.query(CURRENT, [userId]));
  return free && pro ? creditsBody(free, pro) : null;
}

export async function charge(pool, userId, key, amount) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const result = await chargeInTransaction(client, userId, key, amount);
    await client.query(result.status === 201 ? "COMMIT" : "ROLLBACK");
    return result;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

// The lock comes first: whoever repeats a charge waits for it here, and then
// finds it.
async function chargeInTransaction(client, userId, key, amount) {
  const { free, pro } = byType(await client.query(`${CURRENT} ORDER BY id FOR UPDATE`, [userId]));
  const before = await client.query("SELECT * FROM usage WHERE user_id = $1 AND idempotency_key = $2", [userId, key]);
  if (before.rows.length > 0) return { status: 200, body: chargeBody(before.rows[0]) };

  const freeUsed = Math.min(amount, free?.remaining ?? 0);
  const proUsed = amount - freeUsed;
  if (!free || !pro || proUsed > pro.remaining) return { status: 402, body: { error: "insufficient_credits" } };

  for (const [row, used] of [[free, freeUsed], [pro, proUsed]]) {
    if (used > 0) {
      await client.query(
        "UPDATE user_credits SET used_milli = used_milli + $2, remaining_milli = remaining_milli - $2 WHERE id = $1",
        [row.id, used],
      );
    }
  }
  const made = await client.query(
    "INSERT INTO usage (user_id, idempotency_key, amount_milli, free_used_milli, pro_used_milli, available_milli) " +
      "VALUES ($1, $2, $3, $4, $5, $6) RETURNING *",
    [userId, key, amount, freeUsed, proUsed, free.remaining + pro.remaining - amount],
  );
  return { status: 201, body: chargeBody(made.rows[0]) };
}

// Postgres hands out bigint as text; these stay far below 2^53.
function byType({ rows }) {
  const numbers = (row) => ({
    id: row.id,
    total: Number(row.total_milli),
    used: Number(row.used_milli),
    remaining: Number(row.remaining_milli),
    resetDate: row.reset_date,
  });
  return Object.fromEntries(rows.map((row) => [row.credit_type, numbers(row)]));
}

function creditsBody(free, pro) {
  const remaining = Math.floor(free.remaining / 1000);
  const proRemaining = Math.floor(pro.remaining / 1000);
  return {
    freeCredits: {
      remaining,
      monthlyAllocation: Math.floor(free.total / 1000),
      used: Math.ceil(free.used / 1000),
      resetDate: seconds(free.resetDate),
      daysUntilReset: Math.max(0, Math.ceil((free.resetDate - Date.now()) / 86_400_000)),
      held: 0,
    },
    proCredits: {
      remaining: proRemaining,
      purchasedTotal: Math.floor(pro.total / 1000),
      lifetimeUsed: Math.ceil(pro.used / 1000),
      held: 0,
    },
    totalAvailable: remaining + proRemaining,
    lastUpdated: seconds(new Date()),
  };
}

function chargeBody(usage) {
  return {
    chargeId: usage.idempotency_key,
    amount: String(usage.amount_milli / 1000),
    freeUsed: String(usage.free_used_milli / 1000),
    proUsed: String(usage.pro_used_milli / 1000),
    totalAvailable: Math.floor(usage.available_milli / 1000),
  };
}

// 2025-12-01T00:00:00Z, without the thousandths.
function seconds(date) {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
