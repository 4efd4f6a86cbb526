/** The service routes as plain calls: one command, one key, one answer. */
import { ClientError } from "./errors.js";
import { Deadline, type Settings } from "./settings.js";
import type { TokenSource } from "./tokens.js";
import { Transport, parsed } from "./transport.js";

/** A key that nobody else has. */
export function uniqueKey(): string {
  return crypto.randomUUID();
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
  async post<T>(userId: string, path: readonly string[], key: string, body: unknown): Promise<T> {
    const ask = { method: "POST", path: ["api", "users", userId, ...path], key, body } as const;
    const reply = await this.#transport.send(ask, this.#deadline());
    try {
      return parsed<T>(reply);
    } catch (error) {
      // It was carried out, even if the answer says nothing to this client.
      if (error instanceof ClientError) {
        error.idempotencyKey = key;
        error.outcomeIsUnknown = true;
      }
      throw error;
    }
  }

  #deadline(): Deadline {
    return new Deadline(this.#settings.deadline);
  }
}
