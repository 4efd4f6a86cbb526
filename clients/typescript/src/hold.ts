/**
 * A hold in the hands of a service: it reports in the background, is committed once, and is released when its scope
 * ends.
 *
 * What it never does is to release a hold whose commit may have been carried out, or may still be: such a hold is left
 * to its expiry, and can be committed under the same key for a day after it.
 */
import type { Background } from "./background.js";
import { type Commands, bodyOf, uniqueKey } from "./commands.js";
import { ClientError } from "./errors.js";
import type { Held, Spending } from "./types.js";

type Stage = "open" | "committing" | "unknown" | "closed";

/**
 * An open hold. `ServiceClient.withHold` and `await using` release it when its scope ends. JavaScript has no other way
 * to notice that nobody needs it any more: one that is forgotten expires by itself, as its terms say.
 */
export class Hold {
  /** The hold's id. */
  readonly id: string;
  /** The answer that opened it. */
  readonly opened: Held;
  readonly #commands: Commands;
  readonly #background: Background;
  readonly #userId: string;
  #stage: Stage = "open";
  #isDisposed = false;
  #commit: { body: string; key: string } | undefined;
  #report: Spending | undefined;
  #isReporting = false;
  #reportError: unknown;

  /** @internal */
  constructor(commands: Commands, background: Background, userId: string, opened: Held) {
    this.#commands = commands;
    this.#background = background;
    this.#userId = userId;
    this.id = opened.holdId;
    this.opened = opened;
  }

  /**
   * Reports the use so far, in the background. One report is under way at a time; of those that wait, the newest is
   * sent. A report that fails is given up: see `reportError`.
   */
  report(spending: Spending): void {
    const body = bodyOf(spending);
    if (this.#stage !== "open") {
      return;
    }
    this.#report = body;
    if (!this.#isReporting) {
      this.#isReporting = true;
      this.#background.run(this.#sendReports());
    }
  }

  /** Why the last report failed, if it did. */
  get reportError(): unknown {
    return this.#reportError;
  }

  /** Has the hold expire so many seconds from now, never earlier than before. */
  extend(ttlSeconds: number): Promise<Held> {
    return this.#post("extend", uniqueKey(), { ttlSeconds });
  }

  /**
   * Charges what was used and frees the rest. Called again with the same spending it is the same command, with the same
   * answer. After an error with `outcomeIsUnknown` the end of the scope no longer releases the hold: call this again.
   * After any other error the hold is open as before.
   */
  async commit(spending: Spending): Promise<Held> {
    const spent = bodyOf(spending);
    const body = JSON.stringify(spent);
    const key = this.#commit?.body === body ? this.#commit.key : uniqueKey();
    this.#commit = { body, key };
    this.#report = undefined;
    const wasClosed = this.#stage === "closed";
    this.#stage = wasClosed ? "closed" : "committing";
    try {
      const committed = await this.#background.run(this.#post("commit", key, spent));
      this.#stage = "closed";
      return committed;
    } catch (error) {
      if (!wasClosed) {
        const isUnknown = !(error instanceof ClientError) || error.outcomeIsUnknown;
        this.#stage = isUnknown ? "unknown" : "open";
        if (this.#isDisposed) {
          await this[Symbol.asyncDispose]();
        }
      }
      throw error;
    }
  }

  /** Frees all of it now. */
  async release(): Promise<Held> {
    this.#report = undefined;
    const released = await this.#post("release", uniqueKey(), {});
    this.#stage = "closed";
    return released;
  }

  /** Leaves the hold open after its scope and hands back its id; somebody else commits it, or it expires. */
  leaveOpen(): string {
    this.#stage = "closed";
    return this.id;
  }

  /** Releases it, unless it was committed, released or left open. What cannot be released expires. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    if (this.#stage === "open") {
      this.#stage = "closed";
      this.#report = undefined;
      const released = this.#post("release", uniqueKey(), {});
      await this.#background.run(released).catch(() => undefined);
    }
  }

  async #sendReports(): Promise<void> {
    for (let next = this.#report; next !== undefined; next = this.#report) {
      this.#report = undefined;
      try {
        await this.#post("report", uniqueKey(), next);
        this.#reportError = undefined;
      } catch (error) {
        this.#reportError = error;
      }
    }
    this.#isReporting = false;
  }

  #post(command: string, key: string, body: unknown): Promise<Held> {
    return this.#commands.post(this.#userId, ["holds", this.id, command], key, body);
  }
}
