/**
 * Answers that are kept. A young one is given without a call; an older one is checked by its ETag; if the API cannot be
 * reached, the last one is given and marked as stale.
 */
import { ClientError, NetworkError, UnreadableError } from "./errors.js";
import type { Deadline } from "./settings.js";
import { type Ask, type Transport, parsed } from "./transport.js";

/**
 * Where an answer comes from. `fresh`: the API said so during this call. `cached`: it said so a short time ago and was
 * not asked. `stale`: it could not be asked, and last said so at `since`.
 */
export type Freshness = { kind: "fresh" } | { kind: "cached" } | { kind: "stale"; since: Date };

/** An answer that may come from memory. */
export interface Answer<T> {
  value: T;
  freshness: Freshness;
}

interface Entry<T> {
  value: T;
  etag: string | undefined;
  /** By the clock that stands still while a machine sleeps, and by the one that can be set by hand. */
  checked: { monotonic: number; date: number };
  isOutdated: boolean;
}

/** The last answer to one request. */
export class Kept<T> {
  readonly #lasts: number;
  #entry: Entry<T> | undefined;
  /** Grows when everything is forgotten, so that an answer on its way is not kept. */
  #era = 0;
  /** The end of the call that is under way, so that the API is asked once. */
  #asking: Promise<unknown> = Promise.resolve();

  constructor(lasts: number) {
    this.#lasts = lasts;
  }

  /** Forgets the answer, and any that is on its way. */
  forget(): void {
    this.#entry = undefined;
    this.#era += 1;
  }

  /** Has the API asked at the next reading. */
  outdate(): void {
    if (this.#entry !== undefined) {
      this.#entry.isOutdated = true;
    }
    this.#era += 1;
  }

  /** Whether there is something to show without the API. */
  get hasAny(): boolean {
    return this.#entry !== undefined;
  }

  async read(transport: Transport, ask: Ask, isYoungEnough: boolean, deadline: Deadline): Promise<Answer<T>> {
    const before = this.#asking;
    const young = isYoungEnough ? this.#young() : undefined;
    if (young !== undefined) {
      return young;
    }
    const answer = (async () => {
      await deadline.limit(before, () => new NetworkError("another call for the same took too long"));
      return (isYoungEnough ? this.#young() : undefined) ?? (await this.#ask(transport, ask, deadline));
    })();
    this.#asking = answer.catch(() => undefined);
    try {
      return await answer;
    } catch (error) {
      return this.#staleOr(error);
    }
  }

  async #ask(transport: Transport, ask: Ask, deadline: Deadline): Promise<Answer<T>> {
    const [entry, era] = [this.#entry, this.#era];
    const reply = await transport.send({ ...ask, ifNoneMatch: entry?.etag }, deadline);
    const value = reply.status === 304 && entry !== undefined ? entry.value : parsed<T>(reply);
    if (this.#era === era) {
      const checked = { monotonic: performance.now(), date: Date.now() };
      this.#entry = { value, etag: reply.etag, checked, isOutdated: false };
    }
    return { value, freshness: { kind: "fresh" } };
  }

  #young(): Answer<T> | undefined {
    const entry = this.#entry;
    if (entry === undefined || entry.isOutdated) {
      return undefined;
    }
    const byDate = Date.now() - entry.checked.date;
    const age = Math.max(byDate, performance.now() - entry.checked.monotonic);
    const isYoung = byDate >= 0 && age < this.#lasts;
    return isYoung ? { value: entry.value, freshness: { kind: "cached" } } : undefined;
  }

  /** The last answer if the API could not be asked. If it refused, nothing is shown any more. */
  #staleOr(error: unknown): Answer<T> {
    // What this client cannot read may come from somebody else, such as the sign-in page of a hotel.
    const isAway =
      error instanceof UnreadableError ||
      (error instanceof ClientError && (error.mayPass || (error.status ?? 0) >= 500));
    const entry = this.#entry;
    if (isAway && entry !== undefined) {
      return { value: entry.value, freshness: { kind: "stale", since: new Date(entry.checked.date) } };
    }
    if (!isAway) {
      this.#entry = undefined;
    }
    throw error;
  }
}
