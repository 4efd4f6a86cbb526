/**
 * Tokens: asked for once, kept, and renewed once when the API refuses them, however many calls are under way. A caller
 * who gives up does not interrupt a renewal.
 */
import { TokenError } from "./errors.js";

/**
 * Where access tokens come from: a sign-in of the app, or an exchange of client credentials. `refused` is the token
 * that the API has just refused; then it must be another. It is never called twice at once. It throws a `TokenError`
 * if there is none.
 */
export type TokenSource = (refused?: string) => Promise<string>;

/** The token in use. */
export class Tokens {
  readonly #source: TokenSource;
  #token: string | undefined;
  #fetching: Promise<string> | undefined;
  /** Grows when the token is forgotten, so that one on its way is not kept. */
  #era = 0;

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /** The token in use, or the first. */
  current(): Promise<string> {
    return this.#token === undefined ? this.#fetch() : Promise.resolve(this.#token);
  }

  /** Another token than the one that was refused: one that another call has fetched since, or a new one. */
  after(refused: string): Promise<string> {
    const isOther = this.#token !== undefined && this.#token !== refused;
    return isOther ? Promise.resolve(this.#token as string) : this.#fetch();
  }

  /** Forgets the token; the next call asks for one. */
  forget(): void {
    this.#token = undefined;
    this.#fetching = undefined;
    this.#era += 1;
  }

  #fetch(): Promise<string> {
    if (this.#fetching !== undefined) {
      return this.#fetching;
    }
    const era = this.#era;
    const old = this.#token;
    // The source is called in a later turn, so that one that throws at once is no exception.
    const fetched = Promise.resolve().then(() => this.#source(old));
    const fetching = fetched
      .then((token) => {
        if (this.#era === era) {
          this.#token = token;
        }
        return token;
      })
      .catch((error: unknown) => {
        throw error instanceof TokenError
          ? error
          : new TokenError(`no token: ${String(error)}`, { cause: error });
      })
      .finally(() => {
        if (this.#era === era) {
          this.#fetching = undefined;
        }
      });
    this.#fetching = fetching;
    return fetching;
  }
}
