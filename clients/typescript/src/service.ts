/** The client of a service, with a token of its own: it charges users and holds their credits. */
import { Background } from "./background.js";
import { Commands, bodyOf, uniqueKey } from "./commands.js";
import { ClientError } from "./errors.js";
import { Hold } from "./hold.js";
import { type Settings, complete } from "./settings.js";
import type { TokenSource } from "./tokens.js";
import type {
  BatchCharge,
  BatchCharged,
  Charged,
  Credits,
  Held,
  HoldTerms,
  Quote,
  Quoted,
  Spending,
} from "./types.js";

/** The API as a service sees it. */
export class ServiceClient {
  readonly #commands: Commands;
  readonly #background = new Background();

  /** A client of the API at an address, such as `https://api.example.com`. */
  constructor(baseUrl: string, tokens: TokenSource, settings: Settings = {}) {
    this.#commands = new Commands(baseUrl, tokens, complete(settings));
  }

  /** A user's credits, never from memory. */
  credits(userId: string): Promise<Credits> {
    return this.#commands.get(userId, ["credits"]);
  }

  /**
   * Charges a user, once: all attempts of this call have one key, which is made for it unless it is given. A second
   * call without a key is a second charge. If this call fails and `outcomeIsUnknown`, call it again with the
   * `idempotencyKey` of the error.
   */
  async charge(userId: string, spending: Spending, key: string = uniqueKey()): Promise<Charged> {
    return this.#commands.post(userId, ["charges"], key, bodyOf(spending));
  }

  /**
   * Charges a user several times in one request, 1 to 25 charges, each under its own key and with its own result: one
   * that is refused has an `error`, and does not stop the others. If this call fails and `outcomeIsUnknown`, call it
   * again with the same charges: each is done once.
   */
  async chargeBatch(userId: string, charges: readonly BatchCharge[]): Promise<BatchCharged> {
    return this.#commands.chargeBatch(userId, charges);
  }

  /** What uses of models cost by the rate cards in force, 1 to 25 at once; nothing is charged. */
  async quote(quotes: readonly Quote[]): Promise<Quoted[]> {
    return this.#commands.quote(quotes);
  }

  /** Holds credits of a user, for a call whose price is not known yet. Prefer `withHold`. */
  async hold(userId: string, terms: HoldTerms): Promise<Hold> {
    const key = uniqueKey();
    const body = bodyOf(terms);
    try {
      const opened = await this.#commands.post<Held>(userId, ["holds"], key, body);
      return new Hold(this.#commands, this.#background, userId, opened);
    } catch (error) {
      // It may have been opened all the same.
      if (error instanceof ClientError && error.outcomeIsUnknown) {
        const release = this.#commands.post(userId, ["holds", key, "release"], uniqueKey(), {});
        this.#background.run(release).catch(() => undefined);
      }
      throw error;
    }
  }

  /** Holds credits while some work is done. If the work ends without a commit, or throws, they are released. */
  async withHold<T>(userId: string, terms: HoldTerms, work: (hold: Hold) => Promise<T>): Promise<T> {
    const hold = await this.hold(userId, terms);
    try {
      return await work(hold);
    } finally {
      await hold[Symbol.asyncDispose]();
    }
  }

  /** Waits until all reports and releases in the background are done: before a service ends. */
  idle(): Promise<void> {
    return this.#background.idle();
  }
}
