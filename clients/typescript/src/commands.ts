/** The service routes as plain calls: one command, one key, one answer. */
import { type Amount, amountText } from "./amount.js";
import { ClientError } from "./errors.js";
import { Deadline, type Settings } from "./settings.js";
import type { TokenSource } from "./tokens.js";
import { type Ask, Transport, parsed, quoteOver } from "./transport.js";
import type { BatchCharge, BatchCharged, Quote, Quoted } from "./types.js";

/** A key that nobody else has. */
export function uniqueKey(): string {
  return crypto.randomUUID();
}

/** Terms as they are sent: their amount, if they name one, as text that is known to be exact. */
export function bodyOf<T extends { amount?: string | Amount }>(spending: T): T {
  const { amount } = spending;
  return amount === undefined ? spending : { ...spending, amount: amountText(amount) };
}

/** The service routes. */
export class Commands {
  readonly #transport: Transport;
  readonly #settings: Required<Settings>;

  constructor(baseUrl: string, tokens: TokenSource, settings: Required<Settings>) {
    this.#settings = settings;
    this.#transport = new Transport(baseUrl, tokens, settings);
  }

  /** A GET below a user. */
  async get<T>(userId: string, path: readonly string[]): Promise<T> {
    const ask = { method: "GET", path: ["api", "users", userId, ...path] } as const;
    return parsed<T>(await this.#transport.send(ask, this.#deadline()));
  }

  /** A command below a user, under a key. */
  post<T>(userId: string, path: readonly string[], key: string, body: unknown): Promise<T> {
    return this.#written({ method: "POST", path: ["api", "users", userId, ...path], key, body });
  }

  /** Several charges of a user, each under its own key. */
  chargeBatch(userId: string, charges: readonly BatchCharge[]): Promise<BatchCharged> {
    const body = { charges: charges.map(bodyOf) };
    return this.#written({
      method: "POST",
      path: ["api", "users", userId, "charges", "batch"],
      hasKeys: true,
      body,
    });
  }

  /** What uses cost. */
  quote(quotes: readonly Quote[]): Promise<Quoted[]> {
    return quoteOver(this.#transport, quotes, this.#deadline());
  }

  async #written<T>(ask: Ask): Promise<T> {
    const reply = await this.#transport.send(ask, this.#deadline());
    try {
      return parsed<T>(reply);
    } catch (error) {
      // It was carried out, even if the answer says nothing to this client.
      if (error instanceof ClientError) {
        error.idempotencyKey = ask.key;
        error.outcomeIsUnknown = true;
      }
      throw error;
    }
  }

  #deadline(): Deadline {
    return new Deadline(this.#settings.deadline);
  }
}
