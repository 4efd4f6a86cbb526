/** What an app relies on: typed answers, the cache, renewed tokens, and answers while the API is away. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ClientError, FunctionError, GatewayError, NetworkError, TokenError, UserClient } from "../src/index.js";
import { relayTo } from "./relay.js";
import { advance, quick, serviceClient, token, tokensOf, userClient, world } from "./world.js";

test("every route of a user has a typed answer", async () => {
  const user = userClient("pro-user");
  const { value: launch } = await user.launch();
  assert.equal(launch.user.userId, "pro-user");
  const { value: credits } = await user.credits();
  const whole = credits.freeCredits.remaining + credits.proCredits.remaining;
  assert.equal(credits.totalAvailable, whole);
  assert.deepEqual(launch.credits.lots, credits.lots);
  assert.equal((await user.profile()).value.subscription.tier, "pro");
  const { value: profile } = await user.profile();
  assert.deepEqual(profile.billing, { canManage: true, portalAvailable: true });
  const { prices } = (await user.prices()).value;
  assert.ok(prices.some((price) => price.priceId === profile.subscription.price?.priceId));
  const returnUrl = "http://localhost:8080/callback";
  const order = { priceId: prices.find((price) => price.kind === "pack")?.priceId ?? "", returnUrl };
  const hosted = await user.checkout(order);
  assert.deepEqual(await user.checkout(order), hosted);
  assert.match((await user.portal({ returnUrl, flow: "subscription_cancel" })).url, /\/p\/session\//);
  await assert.rejects(user.checkout({ priceId: "price_test_pro", returnUrl }), (error: unknown) => {
    assert.ok(error instanceof FunctionError && error.code === "already_subscribed");
    return true;
  });
  const [model] = (await user.models()).value.models;
  assert.match(model?.creditsPer1kTokens ?? "", /^\d+(\.\d{1,3})?$/);
  const service = serviceClient();
  await service.charge("pro-user", { amount: "0.5", modelId: model?.id ?? "", operation: "chat" });
  await service.charge("pro-user", { amount: "0.25", label: "a label" });
  const page = await user.history({ limit: 1 });
  assert.deepEqual([page.entries[0]?.amount, page.entries[0]?.label], ["0.25", "a label"]);
  const next = await user.history({ limit: 1, ...(page.nextCursor && { cursor: page.nextCursor }) });
  assert.deepEqual([next.entries[0]?.amount, next.entries[0]?.modelId], ["0.5", model?.id]);
  assert.equal((await user.usage({ groupBy: "model" })).groupBy, "model");
});

test("a young answer needs no call, and an older one is checked by its tag", async () => {
  const relay = await relayTo(world);
  const user = userClient("free-user", relay.url, { creditsLast: 60_000 });
  assert.equal((await user.credits()).freshness.kind, "fresh");
  const [first, second] = await Promise.all([user.credits(), user.credits()]);
  assert.deepEqual([first.freshness.kind, second.freshness.kind], ["cached", "cached"]);
  assert.equal(relay.seen.length, 1);
  const checked = await user.creditsNow();
  assert.equal(checked.freshness.kind, "fresh");
  assert.deepEqual(checked.value, first.value, "the world said 304");
  user.forget();
  assert.equal((await user.credits()).freshness.kind, "fresh");
  assert.equal(relay.seen.length, 3);
  relay.close();
});

test("calls at the same time ask once", async () => {
  const relay = await relayTo(world);
  const user = userClient("free-user", relay.url);
  const answers = await Promise.all(Array.from({ length: 10 }, () => user.profile()));
  assert.equal(relay.seen.length, 1);
  assert.equal(new Set(answers.map((answer) => answer.value)).size, 1);
  relay.close();
});

test("a change of preferences has the profile asked again", async () => {
  const user = userClient("free-user");
  assert.equal((await user.profile()).freshness.kind, "fresh");
  const changed = await user.changePreferences({ usageAlerts: false, temperature: 0.7 });
  assert.equal(changed.usageAlerts, false);
  assert.equal(String(changed.temperature), "0.7");
  const again = await user.preferences();
  assert.deepEqual(again, changed);
  const { value, freshness } = await user.profile();
  assert.deepEqual([value.preferences.usageAlerts, freshness.kind], [false, "fresh"]);
});

test("while the API is away the last answer is shown and says since when", async () => {
  const relay = await relayTo(world);
  const user = userClient("free-user", relay.url, { patience: 100, deadline: 1000 });
  const before = new Date();
  const fresh = await user.credits();
  relay.close();
  const stale = await user.creditsNow();
  assert.deepEqual(stale.value, fresh.value);
  assert.ok(stale.freshness.kind === "stale" && stale.freshness.since >= before);
  await assert.rejects(user.profile(), NetworkError);
});

test("answers that the API refused are not shown any more", async () => {
  const relay = await relayTo(world);
  const user = userClient("free-user", relay.url);
  await user.credits();
  relay.next = () => ({ status: 500 });
  assert.equal((await user.creditsNow()).freshness.kind, "stale");
  relay.next = () => ({ status: 403 });
  await assert.rejects(user.creditsNow(), GatewayError);
  relay.next = () => ({ status: 500 });
  await assert.rejects(user.creditsNow(), GatewayError);
  relay.close();
});

test("a token that has expired is renewed once, however many calls are under way", async () => {
  const tokens = tokensOf("free-user", 60);
  const user = new UserClient(world, tokens, quick);
  await user.preferences();
  await advance("PT10M");
  await Promise.all(Array.from({ length: 20 }, () => user.preferences()));
  assert.equal(tokens.fetched(), 2);
});

test("a token that is refused twice is not renewed again", async () => {
  let fetched = 0;
  const user = new UserClient(world, async () => `nonsense-${++fetched}`, quick);
  await assert.rejects(user.credits(), (error: ClientError) => error.status === 401);
  assert.equal(fetched, 2);
});

test("no token is an error of its own, and a passing one shows the last answer", async () => {
  let isPassing: boolean | undefined;
  const order = { user: "free-user", scope: "credits.read", expiresIn: 60 };
  const user = new UserClient(
    world,
    async () => {
      if (isPassing !== undefined) {
        throw new TokenError("no refresh token", { isPassing });
      }
      return token(order);
    },
    { ...quick, creditsLast: 0 },
  );
  await user.credits();
  await advance("PT10M");
  isPassing = true;
  assert.equal((await user.credits()).freshness.kind, "stale");
  isPassing = false;
  await assert.rejects(user.credits(), TokenError);
});

test("too many calls and a busy API are waited for", async () => {
  const relay = await relayTo(world);
  const user = userClient("free-user", relay.url);
  for (const status of [429, 503]) {
    const fates = [{ status }, { status }, "pass" as const];
    relay.next = () => fates.shift() ?? "pass";
    relay.seen.length = 0;
    await user.preferences();
    assert.equal(relay.seen.length, 3, String(status));
  }
  relay.next = () => ({ status: 429, retryAfter: 3600 });
  relay.seen.length = 0;
  await assert.rejects(user.preferences(), (error: ClientError) => error.retryAfterSeconds === 3600);
  assert.equal(relay.seen.length, 1, "nobody waits beyond the deadline");
  relay.close();
});

test("an error of a function has its code and request id", async () => {
  const user = userClient("free-user");
  await assert.rejects(user.history({ limit: 1000 }), (error: FunctionError) => {
    assert.ok(error instanceof FunctionError);
    assert.equal(error.code, "validation_failed");
    assert.ok(error.requestId);
    assert.deepEqual(Object.keys(error.body["fields"] as object), ["limit"]);
    return true;
  });
  const service = serviceClient();
  await assert.rejects(service.credits("a/b?c"), (error: ClientError) => error.status === 404);
});
