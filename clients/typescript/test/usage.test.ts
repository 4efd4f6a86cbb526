/** What the makers count becomes pools, as the table that both clients share says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { type TokenUsage, UsageError, usageOfAnthropic, usageOfGemini, usageOfOpenAi } from "../src/index.js";

interface Case {
  name: string;
  maker: "openai" | "anthropic" | "gemini";
  usage: unknown;
  pools?: TokenUsage;
  error?: string;
}

const readers = { openai: usageOfOpenAi, anthropic: usageOfAnthropic, gemini: usageOfGemini };
const file = new URL("../../../usage-cases.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];

for (const { name, maker, usage, pools, error } of cases) {
  test(name, () => {
    if (error === undefined) {
      assert.deepEqual(readers[maker](usage), pools);
      return;
    }
    assert.throws(
      () => readers[maker](usage),
      (thrown) => thrown instanceof UsageError && thrown.message === error && error.startsWith(thrown.field),
    );
  });
}
