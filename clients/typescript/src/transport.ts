/**
 * Sends one request until it is answered, refused, or out of time: a new token after 401, once; pauses after 429, 502,
 * 503, 504 and without an answer. Every request of this client may be sent again: it reads, it has a key, or it sets
 * fields to values.
 */
import { type ClientError, NetworkError, TokenError, UnreadableError, errorOfAnswer } from "./errors.js";
import { Deadline, type Settings } from "./settings.js";
import { Tokens, type TokenSource } from "./tokens.js";
import type { Quote, Quoted } from "./types.js";

/** A request. */
export interface Ask {
  method: "GET" | "POST" | "PATCH";
  /** The segments of the path, which are escaped. */
  path: readonly string[];
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  key?: string;
  /** Whether its body has keys: it writes, and may be sent again as it is. */
  hasKeys?: boolean;
  ifNoneMatch?: string | undefined;
}

/** An answer of success, or 304. */
export interface Reply {
  status: number;
  etag: string | undefined;
  text: string;
}

/** What the system says about connections that were never made: these carried nothing. */
const NEVER_CONNECTED = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "ENETUNREACH"];

/** The way to the API. */
export class Transport {
  readonly tokens: Tokens;
  readonly #base: string;
  readonly #settings: Required<Settings>;

  constructor(baseUrl: string, tokens: TokenSource, settings: Required<Settings>) {
    const base = new URL(baseUrl);
    if (base.protocol !== "http:" && base.protocol !== "https:") {
      throw new TypeError("the base URL begins with http or https");
    }
    this.#base = base.href.replace(/\/+$/, "");
    this.#settings = settings;
    this.tokens = new Tokens(tokens);
  }

  /** The answer; throws a `ClientError`. */
  async send(ask: Ask, deadline: Deadline): Promise<Reply> {
    let isDoubtful = false;
    const failed = (error: ClientError): ClientError => {
      error.idempotencyKey = ask.key;
      const isWrite = ask.key !== undefined || ask.hasKeys === true;
      error.outcomeIsUnknown = isWrite && isDoubtful && !error.isDecision;
      return error;
    };
    const token = async (work: Promise<string>): Promise<string> => {
      try {
        return await deadline.limit(work, () => new NetworkError("the source of tokens took too long"));
      } catch (error) {
        // Calls that share a renewal must not share the error, which says which call failed.
        throw failed(
          error instanceof TokenError
            ? new TokenError(error.message, { isPassing: error.isPassing, cause: error.cause })
            : (error as ClientError),
        );
      }
    };
    let bearer = await token(this.tokens.current());
    let isRenewed = false;
    for (let failures = 0; ; ) {
      const attempt = await this.#attempt(ask, bearer, deadline);
      if (!("error" in attempt)) {
        return attempt;
      }
      isDoubtful ||= attempt.isDoubtful;
      if (attempt.error.status === 401 && !isRenewed) {
        isRenewed = true;
        bearer = await token(this.tokens.after(bearer));
        continue;
      }
      failures += 1;
      const pause = this.#pause(failures, attempt.error.retryAfterSeconds);
      if (!attempt.error.mayPass || pause >= deadline.left()) {
        throw failed(attempt.error);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** At least what the API asked for, and some chance on top, so that many clients do not return at once. */
  #pause(failures: number, askedSeconds: number | undefined): number {
    const { firstPause, longestPause } = this.#settings;
    const ceiling = Math.min(firstPause * 2 ** Math.min(failures - 1, 20), longestPause);
    return (askedSeconds ?? 0) * 1000 + Math.random() * ceiling;
  }

  /** Sends it once and reads the whole answer. */
  async #attempt(
    ask: Ask,
    bearer: string,
    deadline: Deadline,
  ): Promise<Reply | { error: ClientError; isDoubtful: boolean }> {
    const headers: Record<string, string> = { authorization: `Bearer ${bearer}` };
    if (ask.body !== undefined) {
      headers["content-type"] = "application/json";
    }
    if (ask.key !== undefined) {
      headers["idempotency-key"] = ask.key;
    }
    if (ask.ifNoneMatch !== undefined) {
      headers["if-none-match"] = ask.ifNoneMatch;
    }
    const allowed = Math.min(deadline.left(), this.#settings.attempt);
    try {
      const response = await fetch(this.#url(ask), {
        method: ask.method,
        headers,
        body: ask.body === undefined ? null : JSON.stringify(ask.body),
        // The client has a cache of its own.
        cache: "no-store",
        redirect: "manual",
        signal: AbortSignal.timeout(Math.ceil(allowed)),
      });
      const text = await response.text();
      const { status } = response;
      if ((status >= 200 && status < 300) || status === 304) {
        return { status, etag: response.headers.get("etag") ?? undefined, text };
      }
      const retryAfterSeconds = seconds(response.headers.get("retry-after"));
      return { error: errorOfAnswer({ status, retryAfterSeconds }, text), isDoubtful: status >= 500 };
    } catch (error) {
      const code = codeOf(error);
      const isDoubtful = !NEVER_CONNECTED.includes(code ?? "");
      const problem = `no answer: ${code ?? String(error)}`;
      return { error: new NetworkError(problem, {}, { cause: error }), isDoubtful };
    }
  }

  #url(ask: Ask): string {
    const path = ask.path.map((segment) => `/${encodeURIComponent(segment)}`).join("");
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(ask.query ?? {})) {
      if (value !== undefined) {
        query.set(name, String(value));
      }
    }
    return `${this.#base}${path}${query.size > 0 ? `?${query}` : ""}`;
  }
}

/** What each use costs, in the order of the questions. */
export async function quoteOver(
  transport: Transport,
  quotes: readonly Quote[],
  deadline: Deadline,
): Promise<Quoted[]> {
  const ask = { method: "POST", path: ["v1", "quotes"], body: { quotes } } as const;
  return parsed<{ quotes: Quoted[] }>(await transport.send(ask, deadline)).quotes;
}

/** The body of an answer; throws an `UnreadableError`. */
export function parsed<T>(reply: Reply): T {
  try {
    return JSON.parse(reply.text) as T;
  } catch (error) {
    throw new UnreadableError(reply.status, String(error));
  }
}

function seconds(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The code of a system error, of which `fetch` makes the cause of its own; several addresses give several. */
function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const first = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  const code = typeof first === "object" && first !== null && "code" in first ? first.code : undefined;
  return typeof code === "string" ? code : undefined;
}
