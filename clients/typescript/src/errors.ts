/**
 * Errors of a call: from a function of the API, from the gateway before it, from the network, or from the source of
 * tokens. Each says whether the request may have been carried out all the same.
 */
import type { ErrorCode } from "./types.js";

/** Why a call failed. */
export class ClientError extends Error {
  override name = "ClientError";
  /** The HTTP status, if there was an answer. */
  readonly status: number | undefined;
  /** How many seconds the API asked to wait. */
  readonly retryAfterSeconds: number | undefined;
  /** The key of a command: sent again under it, the command is carried out once. */
  idempotencyKey: string | undefined = undefined;
  /**
   * Whether a command may have been carried out although this call failed: its answer was lost, or an attempt before
   * the last one ended without an answer. Send it again under the same key to find out.
   */
  outcomeIsUnknown = false;

  constructor(message: string, answer: AnswerParts = {}, options?: ErrorOptions) {
    super(message, options);
    this.status = answer.status;
    this.retryAfterSeconds = answer.retryAfterSeconds;
  }

  /** Whether the same request may succeed later: no answer, too many calls, or a failure on the way. */
  get mayPass(): boolean {
    return this.status !== undefined && [429, 502, 503, 504].includes(this.status);
  }

  /** Whether the API decided about the request: then it was not carried out, in any attempt. */
  get isDecision(): boolean {
    return false;
  }
}

/** What every answer has. */
export interface AnswerParts {
  status?: number;
  retryAfterSeconds?: number | undefined;
}

/** An error of a function: `{error, error_description, requestId}` and its own fields. */
export class FunctionError extends ClientError {
  override name = "FunctionError";
  /** The code, from a stable list that may grow. */
  readonly code: ErrorCode;
  /** A text for people. */
  readonly description: string;
  /** The id by which the request is found in the API's log. */
  readonly requestId: string | undefined;
  /** The whole body, with the error's own fields: `fields`, `required`, `available`, `renewUrl`, `portalUrl`. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(answer: Required<AnswerParts>, body: Record<string, unknown>) {
    const code = String(body["error"]);
    const description = typeof body["error_description"] === "string" ? body["error_description"] : "";
    const requestId = typeof body["requestId"] === "string" ? body["requestId"] : undefined;
    super(`${code} (${answer.status}): ${description} [request ${requestId ?? "unknown"}]`, answer);
    this.code = code as ErrorCode;
    this.description = description;
    this.requestId = requestId;
    this.body = body;
  }

  override get isDecision(): boolean {
    const status = this.status ?? 0;
    const isOfRequest = status >= 400 && status < 500 && status !== 401 && status !== 429;
    return isOfRequest && this.code !== "insufficient_scope";
  }
}

/** An error of the gateway: `{message}`. */
export class GatewayError extends ClientError {
  override name = "GatewayError";

  constructor(answer: Required<AnswerParts>, text: string) {
    super(`the gateway answered ${answer.status}: ${text.slice(0, 200)}`, answer);
  }
}

/** A request without an answer. */
export class NetworkError extends ClientError {
  override name = "NetworkError";

  override get mayPass(): boolean {
    return true;
  }
}

/** There is no token to call with. A source of tokens throws it with `isPassing` if the issuer cannot be reached now. */
export class TokenError extends ClientError {
  override name = "TokenError";
  readonly isPassing: boolean;

  constructor(message: string, options: { isPassing?: boolean; cause?: unknown } = {}) {
    super(message, {}, { cause: options.cause });
    this.isPassing = options.isPassing ?? false;
  }

  override get mayPass(): boolean {
    return this.isPassing;
  }
}

/** An answer that is not what this client reads. */
export class UnreadableError extends ClientError {
  override name = "UnreadableError";

  constructor(status: number, problem: string) {
    super(`the answer with status ${status} cannot be read: ${problem}`, { status });
  }

  override get mayPass(): boolean {
    return false;
  }
}

/** The error of an answer that is none of success. */
export function errorOfAnswer(answer: Required<AnswerParts>, text: string): ClientError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return new GatewayError(answer, text);
  }
  if (typeof body !== "object" || body === null) {
    return new GatewayError(answer, text);
  }
  if ("error" in body && typeof body.error === "string") {
    return new FunctionError(answer, body as Record<string, unknown>);
  }
  const message = "message" in body && typeof body.message === "string" ? body.message : text;
  return new GatewayError(answer, message);
}
