/** What a service relies on: each charge once, whatever the network does, and holds that nobody forgets. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Amount, FunctionError, NetworkError, uniqueKey } from "../src/index.js";
import { type Fate, relayTo, seeded } from "./relay.js";
import { serviceClient, someone, userClient, world } from "./world.js";

test("each charge of a stream is made once, although half of all requests are cut", async () => {
  const relay = await relayTo(world);
  relay.next = seeded(7);
  const service = serviceClient(relay.url);
  const user = someone();
  const amounts = Array.from({ length: 40 }, (_, index) => Amount.ofThousandths(BigInt(1000 + index)));
  const ids: string[] = [];
  for (let start = 0; start < amounts.length; start += 4) {
    const some = amounts.slice(start, start + 4);
    const charged = await Promise.all(some.map((amount) => service.charge(user, { amount })));
    ids.push(...charged.map((charge) => charge.chargeId));
  }
  assert.ok(relay.seen.length > amounts.length, "nothing was cut");
  relay.close();
  const { entries } = await userClient(user).history({ limit: 100, kind: "charge" });
  assert.deepEqual(entries.map((entry) => entry.id).sort(), ids.sort());
  const sum = (all: Amount[]) => all.reduce((one, other) => one.plus(other)).toString();
  assert.equal(sum(entries.map((entry) => Amount.parse(entry.amount))), sum(amounts));
});

test("a charge whose answers are all lost can be sent again under its key", async () => {
  const relay = await relayTo(world);
  relay.next = () => "cut after";
  const service = serviceClient(relay.url, { deadline: 1000 });
  const user = someone();
  const error = await service.charge(user, { amount: "10" }).catch((error: unknown) => error);
  assert.ok(error instanceof NetworkError && error.outcomeIsUnknown);
  relay.close();
  const charged = await serviceClient().charge(user, { amount: "10" }, error.idempotencyKey);
  assert.equal(charged.chargeId, error.idempotencyKey);
  assert.equal(charged.version, 1);
});

test("a batch whose answers are all lost is sent again, and each of its charges is done once", async () => {
  const relay = await relayTo(world);
  relay.next = () => "cut after";
  const user = someone();
  const charges = [
    { idempotencyKey: uniqueKey(), amount: "10" },
    { idempotencyKey: uniqueKey(), amount: Amount.parse("999999") },
    { idempotencyKey: uniqueKey(), modelId: "gpt-5", usage: { input: 1000, output: 100 } },
  ];
  const lost = serviceClient(relay.url, { deadline: 1000 });
  const error = await lost.chargeBatch(user, charges).catch((error: unknown) => error);
  assert.ok(error instanceof NetworkError && error.outcomeIsUnknown, String(error));
  relay.close();
  const service = serviceClient();
  const [rated] = await service.quote([{ modelId: "gpt-5", usage: { input: 1000, output: 100 } }]);
  const { results, version } = await service.chargeBatch(user, charges);
  assert.deepEqual(
    results.map((result) => [result.idempotencyKey, result.amount, result.error]),
    [
      [charges[0]?.idempotencyKey, "10", undefined],
      [charges[1]?.idempotencyKey, undefined, "insufficient_credits"],
      [charges[2]?.idempotencyKey, rated?.amount, undefined],
    ],
  );
  assert.equal(version, 2);
  const [forUser, unknown] = await userClient(user).quote([
    { modelId: "gpt-5", usage: { input: 1000, output: 100 } },
    { modelId: "no-such-model", estimate: { input: 1, maxOutput: 1 } },
  ]);
  assert.equal(forUser?.amount, rated?.amount);
  assert.equal(unknown?.error, "validation_failed");
});

test("what never reached the API is known not to be done", async () => {
  const closed = await relayTo(world);
  closed.close();
  // One attempt: a second one might end with its deadline while it connects, and nobody knows what came of that.
  const service = serviceClient(closed.url, { firstPause: 1e12, longestPause: 1e12 });
  const error = await service.charge("x", { amount: "1" }).catch((error: unknown) => error);
  assert.ok(error instanceof NetworkError && !error.outcomeIsUnknown, String(error));
});

test("amounts are exact or refused before anything is sent", async () => {
  const service = serviceClient("http://127.0.0.1:1");
  for (const amount of ["0.1234", "1e3", "", "-"]) {
    await assert.rejects(service.charge("x", { amount }), RangeError);
  }
  for (const text of ["0", "120.5", "-0.25", "0.001", "7"]) {
    assert.equal(Amount.parse(text).toString(), text);
  }
  assert.equal(Amount.parse("0.1").plus(Amount.parse("0.2")).toString(), "0.3");
  assert.equal(JSON.stringify({ amount: Amount.parse("120.50") }), '{"amount":"120.5"}');
});

test("a hold reports in the background and is committed with the same answer after a lost reply", async () => {
  const relay = await relayTo(world);
  const service = serviceClient(relay.url);
  const user = someone();
  await service.withHold(user, { amount: "100" }, async (hold) => {
    for (const amount of ["10", "20", "30"]) {
      hold.report({ amount });
    }
    await service.idle();
    assert.equal(hold.reportError, undefined);
    const fates: Fate[] = ["cut after", "cut in the answer"];
    relay.next = () => fates.shift() ?? "pass";
    const committed = await hold.commit({ amount: "61.5" });
    assert.deepEqual([committed.amount, committed.status, committed.held], ["61.5", "committed", 0]);
    assert.equal(fates.length, 0);
    assert.deepEqual(await hold.commit({ amount: "61.5" }), committed);
  });
  const { entries } = await userClient(user).history();
  const kinds = entries.map((entry) => entry.kind);
  assert.deepEqual([kinds[0], kinds.at(-1)], ["commit", "hold"]);
  const reports = entries.filter((entry) => entry.kind === "report").map((entry) => entry.amount);
  assert.ok(reports.includes("30") && reports.length <= 3, String(reports));
  relay.close();
});

test("a hold is released when its work throws, ends without a commit, or its scope ends", async () => {
  const service = serviceClient();
  const user = someone();
  const broken = new Error("the model failed");
  await assert.rejects(
    service.withHold(user, { amount: "100" }, async () => {
      assert.equal((await service.credits(user)).held, 100);
      throw broken;
    }),
    broken,
  );
  assert.equal((await service.credits(user)).held, 0);
  await service.withHold(user, { amount: "100" }, async () => undefined);
  assert.equal((await service.credits(user)).held, 0);
  {
    await using hold = await service.hold(user, { amount: "100", ttlSeconds: 60 });
    await hold.extend(120);
  }
  assert.equal((await service.credits(user)).held, 0);
  const id = await service.withHold(user, { amount: "100" }, async (hold) => hold.leaveOpen());
  assert.equal((await service.credits(user)).held, 100);
  assert.ok(id);
});

test("a hold whose commit may have been carried out is never released", async () => {
  const relay = await relayTo(world);
  // The last attempt may still be on its way when the client has given up: no commit ever passes.
  relay.next = (asked) => (asked.endsWith("/commit") ? "cut before" : "pass");
  const service = serviceClient(relay.url, { deadline: 2000 });
  const user = someone();
  await service.withHold(user, { amount: "100" }, async (hold) => {
    await assert.rejects(hold.commit({ amount: "60" }), (error: NetworkError) => error.outcomeIsUnknown);
  });
  await service.idle();
  assert.deepEqual(
    relay.seen.filter((asked) => asked.endsWith("/release")),
    [],
  );
  assert.equal((await serviceClient().credits(user)).held, 100);
  relay.close();
});

test("a hold whose commit was refused is open as before and is released", async () => {
  const service = serviceClient();
  const user = someone();
  await service.withHold(user, { amount: "100" }, async (hold) => {
    await assert.rejects(hold.commit({ amount: "999999" }), FunctionError);
    assert.equal((await service.credits(user)).held, 100);
  });
  assert.deepEqual((await service.credits(user)).held, 0);
});
