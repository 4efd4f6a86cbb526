/** What the types promise: this file compiles, or the promise is broken. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { ErrorCode, KnownErrorCode, UsageQuery } from "../src/index.js";

test("the codes of errors are those of the document, and newer ones pass", () => {
  const known: KnownErrorCode[] = ["hold_not_open", "insufficient_credits", "user_inactive", "validation_failed"];
  // @ts-expect-error No error has this code.
  const misspelt: KnownErrorCode = "insufficient_credit";
  const newer: ErrorCode = "a_code_of_tomorrow";
  assert.equal(new Set<ErrorCode>([...known, misspelt, newer]).size, 6);
});

test("a range is given by texts", () => {
  const query: UsageQuery = { from: "2025-11-06", to: "2025-11-30T12:00:00Z", groupBy: "model" };
  // @ts-expect-error A day is no number.
  const wrong: UsageQuery = { from: 20251106 };
  assert.notDeepEqual(query, wrong);
});
