/** The local world that the tests are held against; its address is in the variable WORLD. */
import { ServiceClient, type Settings, type TokenSource, UserClient } from "../src/index.js";

const address = process.env["WORLD"];
if (address === undefined) {
  throw new Error("set WORLD to the address of a local world: `cargo run`, then WORLD=http://127.0.0.1:8787");
}

/** Its address. */
export const world: string = address;

/** Pauses of a millisecond: no test waits for longer than it must. */
export const quick: Settings = { firstPause: 1, longestPause: 5 };

/** A user who is new to the world, also if the tests have run on it before. */
export function someone(): string {
  return `someone-${crypto.randomUUID()}`;
}

/** A token of the world's own issuer. */
export async function token(order: object): Promise<string> {
  const answer = await post("/_local/token", { expiresIn: 315_360_000, ...order });
  return answer["access_token"] as string;
}

/** Moves the world's clock on. */
export async function advance(duration: string): Promise<void> {
  await post("/_local/clock", { advance: duration });
}

async function post(path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${world}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  return (await answer.json()) as Record<string, unknown>;
}

/** Tokens of a user, counted. */
export function tokensOf(user: string, expiresIn = 315_360_000): TokenSource & { fetched: () => number } {
  let fetched = 0;
  const source = (): Promise<string> => {
    fetched += 1;
    return token({ user, scope: "credits.read user.info models.read billing.manage", expiresIn });
  };
  return Object.assign(source, { fetched: () => fetched });
}

/** A user's client. */
export function userClient(user: string, url = world, settings: Settings = {}): UserClient {
  return new UserClient(url, tokensOf(user), { ...quick, ...settings });
}

/** The inference service's client. */
export function serviceClient(url = world, settings: Settings = {}): ServiceClient {
  const source = () => token({ client: "inference-service", scope: "credits.charge" });
  return new ServiceClient(url, source, { ...quick, ...settings });
}
