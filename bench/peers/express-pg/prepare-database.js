// Makes the tables and opens accounts: standard input is JSON,
// {"users": [ids], "balance": {…, what an item BALANCE says of each}}.

import { readFileSync } from "node:fs";
import pg from "pg";

const { users, balance } = JSON.parse(readFileSync(0, "utf8"));
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });

await client.connect();
await client.query(readFileSync(new URL("schema.sql", import.meta.url), "utf8"));
await client.query("INSERT INTO users (id) SELECT unnest($1::text[])", [users]);
const open =
  "INSERT INTO user_credits (user_id, credit_type, total_milli, used_milli, remaining_milli, reset_date) " +
  "SELECT unnest($1::text[]), $2, $3, $4, $5, $6";
await client.query(open, [
  users, "free",
  balance.free_allocation_milli, balance.free_used_milli, balance.free_remaining_milli, balance.reset_date,
]);
await client.query(open, [
  users, "pro",
  balance.pro_total_milli, balance.pro_used_milli, balance.pro_remaining_milli, null,
]);
// A database that has been running for a while has these.
await client.query("ANALYZE");
await client.end();
