/** A way to the world that can be cut: before a request, after it, in the middle of its answer, or for good. */
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of a request. */
export type Fate =
  | "pass"
  | "cut before"
  | "cut after"
  | "cut in the answer"
  | { status: number; retryAfter?: number };

/** A relay that listens. */
export interface Relay {
  url: string;
  /** What came, as method and path, in order. */
  seen: string[];
  /**
   * The fate of each request, told its method and path; `pass` unless it is set. A request that a client has given up
   * may come later than what the test sets next: a fate that must hold for such a request is chosen by what it asks.
   */
  next: (asked: string) => Fate;
  close: () => void;
}

/** Starts one before a world. */
export async function relayTo(world: string): Promise<Relay> {
  const relay: Relay = { url: "", seen: [], next: () => "pass", close: () => undefined };
  const server = createServer((request, response) => {
    const asked = `${request.method} ${request.url}`;
    relay.seen.push(asked);
    handle(world, relay.next(asked), request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A test that fails leaves it open, and the process ends all the same.
  server.unref();
  relay.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  relay.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return relay;
}

async function handle(world: string, fate: Fate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) {
    pieces.push(piece as Buffer);
  }
  if (fate === "cut before") {
    request.socket.destroy();
    return;
  }
  if (typeof fate === "object") {
    // As the gateway answers without asking a function.
    const retryAfter = fate.retryAfter === undefined ? {} : { "retry-after": String(fate.retryAfter) };
    response.writeHead(fate.status, { "content-type": "application/json", ...retryAfter });
    response.end('{"message":"Service Unavailable"}');
    return;
  }
  const headers = Object.entries(request.headers).filter(([name]) => !["host", "connection"].includes(name));
  const answer = await fetch(`${world}${request.url}`, {
    method: request.method ?? "GET",
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: pieces.length > 0 ? Buffer.concat(pieces) : null,
  });
  const body = Buffer.from(await answer.arrayBuffer());
  if (fate === "cut after") {
    request.socket.destroy();
    return;
  }
  const length = answer.status === 304 ? {} : { "content-length": String(body.length) };
  const kept = [...answer.headers].filter(([name]) => !["content-length", "connection"].includes(name));
  response.writeHead(answer.status, { ...Object.fromEntries(kept), ...length });
  if (fate === "cut in the answer") {
    response.write(body.subarray(0, body.length / 2), () => request.socket.destroy());
    return;
  }
  response.end(body);
}

/** The same fates for the same seed: half of all requests are cut, each way as often as the others. */
export function seeded(seed: number): () => Fate {
  const fates: Fate[] = ["pass", "pass", "pass", "cut before", "cut after", "cut in the answer"];
  let state = seed;
  return () => {
    // A linear congruential generator; its upper bits are good enough.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return fates[Math.floor((state / 2 ** 32) * fates.length)] ?? "pass";
  };
}
