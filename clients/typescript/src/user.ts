/** The client of an app, with a user's token. */
import { type Answer, Kept } from "./cache.js";
import { Deadline, type Settings, complete } from "./settings.js";
import type { TokenSource } from "./tokens.js";
import { type Ask, Transport, parsed, quoteOver } from "./transport.js";
import type {
  Credits,
  HistoryPage,
  HistoryQuery,
  HostedPage,
  Launch,
  Models,
  Order,
  PortalRequest,
  Preferences,
  PreferencesChange,
  Prices,
  Profile,
  Quote,
  Quoted,
  Usage,
  UsageQuery,
} from "./types.js";

const CREDITS: Ask = { method: "GET", path: ["api", "user", "credits"] };
const PROFILE: Ask = { method: "GET", path: ["api", "user", "profile"] };
const LAUNCH: Ask = { method: "GET", path: ["api", "user"] };
const MODELS: Ask = { method: "GET", path: ["v1", "models"] };
const PRICES: Ask = { method: "GET", path: ["v1", "prices"] };
const PREFERENCES = ["api", "user", "preferences"];

/**
 * The API as one user sees it. It keeps that user's answers: make one for each user, or call `forget` when the user
 * signs out.
 */
export class UserClient {
  readonly #transport: Transport;
  readonly #settings: Required<Settings>;
  readonly #credits: Kept<Credits>;
  readonly #profile: Kept<Profile>;
  readonly #launch: Kept<Launch>;
  readonly #models: Kept<Models>;
  readonly #prices: Kept<Prices>;

  /** A client of the API at an address, such as `https://api.example.com`. */
  constructor(baseUrl: string, tokens: TokenSource, settings: Settings = {}) {
    this.#settings = complete(settings);
    this.#transport = new Transport(baseUrl, tokens, this.#settings);
    this.#credits = new Kept(this.#settings.creditsLast);
    this.#profile = new Kept(this.#settings.profileLasts);
    this.#launch = new Kept(this.#settings.creditsLast);
    this.#models = new Kept(this.#settings.creditsLast);
    this.#prices = new Kept(this.#settings.creditsLast);
  }

  /** The credits, from memory for five minutes. */
  credits(): Promise<Answer<Credits>> {
    return this.#kept(this.#credits, CREDITS, true);
  }

  /** The credits as they are now. */
  creditsNow(): Promise<Answer<Credits>> {
    return this.#kept(this.#credits, CREDITS, false);
  }

  /** The profile, from memory for an hour. */
  profile(): Promise<Answer<Profile>> {
    return this.#kept(this.#profile, PROFILE, true);
  }

  /** The profile as it is now. */
  profileNow(): Promise<Answer<Profile>> {
    return this.#kept(this.#profile, PROFILE, false);
  }

  /** Profile and credits in one trip, as they are now; while the API is away, as they were last seen. */
  launch(): Promise<Answer<Launch>> {
    return this.#kept(this.#launch, LAUNCH, false);
  }

  /** The models on offer, from memory for five minutes. */
  models(): Promise<Answer<Models>> {
    return this.#kept(this.#models, MODELS, true);
  }

  /** What uses of models cost by the rate cards in force, 1 to 25 at once; nothing is charged. */
  quote(quotes: readonly Quote[]): Promise<Quoted[]> {
    return quoteOver(this.#transport, quotes, new Deadline(this.#settings.deadline));
  }

  /** What is on sale, from memory for five minutes. */
  prices(): Promise<Answer<Prices>> {
    return this.#kept(this.#prices, PRICES, true);
  }

  /**
   * A page on which the user pays. Asking again for the same gives the same page while it can be paid. A user who has a
   * subscription gets the error `already_subscribed`, whose `portalUrl` is where they can change it.
   */
  checkout(order: Order): Promise<HostedPage> {
    return this.#page("checkout", order);
  }

  /** A page on which the user manages what they bought. */
  portal(request: PortalRequest): Promise<HostedPage> {
    return this.#page("portal", request);
  }

  async #page(name: string, body: Order | PortalRequest): Promise<HostedPage> {
    try {
      return await this.#read({ method: "POST", path: ["api", "user", name], body });
    } finally {
      // What is done there changes them.
      for (const kept of [this.#credits, this.#profile, this.#launch]) {
        kept.outdate();
      }
    }
  }

  /** A page of the ledger, newest first. */
  history(query: HistoryQuery = {}): Promise<HistoryPage> {
    return this.#read({ method: "GET", path: ["api", "user", "credits", "history"], query: { ...query } });
  }

  /** Use, summed by day or model. */
  usage(query: UsageQuery = {}): Promise<Usage> {
    return this.#read({ method: "GET", path: ["api", "user", "usage"], query: { ...query } });
  }

  /** All preferences. */
  preferences(): Promise<Preferences> {
    return this.#read({ method: "GET", path: PREFERENCES });
  }

  /** Changes the preferences that are named, and answers all of them. */
  async changePreferences(change: PreferencesChange): Promise<Preferences> {
    try {
      return await this.#read({ method: "PATCH", path: PREFERENCES, body: change });
    } finally {
      // The profile shows some of them, whatever became of this call.
      this.#profile.outdate();
      this.#launch.outdate();
    }
  }

  /** Forgets all answers and the token, as when the user signs out. */
  forget(): void {
    for (const kept of [this.#credits, this.#profile, this.#launch, this.#models, this.#prices]) {
      kept.forget();
    }
    this.#transport.tokens.forget();
  }

  #kept<T>(kept: Kept<T>, ask: Ask, isYoungEnough: boolean): Promise<Answer<T>> {
    const { deadline, patience } = this.#settings;
    const allowed = kept.hasAny ? Math.min(deadline, patience) : deadline;
    return kept.read(this.#transport, ask, isYoungEnough, new Deadline(allowed));
  }

  async #read<T>(ask: Ask): Promise<T> {
    return parsed<T>(await this.#transport.send(ask, new Deadline(this.#settings.deadline)));
  }
}
