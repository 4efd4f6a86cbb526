/**
 * What a call of a model used, by pool, and how the makers' own counts become that.
 *
 * Pools exclude each other: each token is in one of them. The makers count otherwise, so what one of them counts inside
 * something else is taken out of it here, once.
 */

/** Tokens that a call used, each in one pool. A pool that is missing was not used. */
export interface TokenUsage {
  /** Read, and neither from a cache nor into one, nor audio. */
  input?: number;
  /** Read from a cache. */
  cachedInput?: number;
  /** Read and written into a cache. */
  cacheWrite?: number;
  /** Written, and neither reasoning nor audio. */
  output?: number;
  /** Written to reason. */
  reasoning?: number;
  /** Audio that was heard, and not from a cache. */
  inputAudio?: number;
  /** Audio that was spoken. */
  outputAudio?: number;
}

/** Why a maker's counts cannot be used. */
export class UsageError extends RangeError {
  override name = "UsageError";
  /** The field, `prompt_tokens_details.cached_tokens`, or `usage` for all of it. */
  readonly field: string;
  /** What is wrong with it. */
  readonly problem: string;

  constructor(field: string, problem: string) {
    super(`${field} ${problem}`);
    this.field = field;
    this.problem = problem;
  }
}

/**
 * Of `usage` in an answer of OpenAI's chat completions or responses. Cached tokens, written ones and audio are inside
 * the prompt, reasoning and audio inside the completion. Audio from a cache counts as cached.
 * https://platform.openai.com/docs/api-reference/chat/object,
 * https://platform.openai.com/docs/api-reference/responses/object
 */
export function usageOfOpenAi(usage: unknown): TokenUsage {
  const counts = Counts.of(usage);
  const isOfResponses = !counts.has("prompt_tokens") && counts.has("input_tokens");
  const prompt = isOfResponses ? "input_tokens" : "prompt_tokens";
  const completion = isOfResponses ? "output_tokens" : "completion_tokens";

  const read = counts.required(prompt);
  const readDetails = counts.object(`${prompt}_details`);
  const audio = readDetails.count("audio_tokens");
  readDetails.without(read, prompt, "audio_tokens", audio);
  const cachedInput = readDetails.count("cached_tokens");
  const uncached = readDetails.without(read, prompt, "cached_tokens", cachedInput);
  const cacheWrite = readDetails.count("cache_write_tokens");
  const rest = readDetails.without(uncached, prompt, "cache_write_tokens", cacheWrite);
  const inputAudio = Math.min(audio, rest);

  // An embedding has no completion: then all of it is the prompt.
  const isAll = counts.has("total_tokens") && counts.count("total_tokens") === read;
  const written = isAll ? counts.count(completion) : counts.required(completion);
  const details = counts.object(`${completion}_details`);
  const reasoning = details.count("reasoning_tokens");
  const restWritten = details.without(written, completion, "reasoning_tokens", reasoning);
  const outputAudio = details.count("audio_tokens");
  const output = details.without(restWritten, completion, "audio_tokens", outputAudio);
  return used({ input: rest - inputAudio, cachedInput, cacheWrite, output, reasoning, inputAudio, outputAudio });
}

/**
 * Of `usage` in a message of Anthropic's. Cache reads and writes are apart from the input; thinking is inside the output
 * and not counted by itself. Of a stream, give the counts of its last event and, where it lacks them, those of its first.
 * https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
 */
export function usageOfAnthropic(usage: unknown): TokenUsage {
  const counts = Counts.of(usage);
  return used({
    input: counts.required("input_tokens"),
    cachedInput: counts.count("cache_read_input_tokens"),
    cacheWrite: counts.count("cache_creation_input_tokens"),
    output: counts.required("output_tokens"),
  });
}

/**
 * Of `usageMetadata` in an answer of Gemini's. Cached tokens are inside the prompt; thoughts and the prompts of tools are
 * apart. Audio is taken from the details by modality.
 * https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function usageOfGemini(usage: unknown): TokenUsage {
  const counts = Counts.of(usage);
  const read = counts.required("promptTokenCount");
  const audio = counts.audio("promptTokensDetails");
  counts.without(read, "promptTokenCount", "promptTokensDetails", audio);
  const cachedInput = counts.count("cachedContentTokenCount");
  const rest = counts.without(read, "promptTokenCount", "cachedContentTokenCount", cachedInput);
  const cachedAudio = counts.audio("cacheTokensDetails");
  counts.without(cachedInput, "cachedContentTokenCount", "cacheTokensDetails", cachedAudio);
  const inputAudio = Math.min(Math.max(audio - cachedAudio, 0), rest);
  const input = rest - inputAudio + counts.count("toolUsePromptTokenCount");
  const written = counts.count("candidatesTokenCount");
  const outputAudio = counts.audio("candidatesTokensDetails");
  if (input > MAX_COUNT) {
    throw counts.error("toolUsePromptTokenCount", COUNT);
  }
  const output = counts.without(written, "candidatesTokenCount", "candidatesTokensDetails", outputAudio);
  return used({ input, cachedInput, output, reasoning: counts.count("thoughtsTokenCount"), inputAudio, outputAudio });
}

const MAX_COUNT = 4_294_967_295;
/** What every count must be. */
const COUNT = "must be an integer from 0 to 4294967295";
const OBJECT = "must be an object";

/** The pools that were used. */
function used(usage: Required<Pick<TokenUsage, "input" | "output">> & TokenUsage): TokenUsage {
  return Object.fromEntries(Object.entries(usage).filter(([, count]) => count !== 0));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object of counts, and where it stands. */
class Counts {
  readonly #counts: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(counts: Readonly<Record<string, unknown>>, path: string) {
    this.#counts = counts;
    this.#path = path;
  }

  static of(usage: unknown): Counts {
    if (!isObject(usage)) {
      throw new UsageError("usage", OBJECT);
    }
    return new Counts(usage, "");
  }

  error(name: string, problem: string): UsageError {
    return new UsageError(`${this.#path}${name}`, problem);
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  /** A count; 0 if it is missing. */
  count(name: string): number {
    const value = this.#get(name) ?? 0;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > MAX_COUNT) {
      throw this.error(name, COUNT);
    }
    return value;
  }

  /** A count that is always there: without it the call would seem to cost nothing. */
  required(name: string): number {
    if (!this.has(name)) {
      throw this.error(name, "is missing");
    }
    return this.count(name);
  }

  /** An object of more counts; an empty one if it is missing. */
  object(name: string): Counts {
    const value = this.#get(name) ?? {};
    if (!isObject(value)) {
      throw this.error(name, OBJECT);
    }
    return new Counts(value, `${this.#path}${name}.`);
  }

  /** What is left of a whole without a part of it, which must not be above it. */
  without(whole: number, wholeName: string, partName: string, part: number): number {
    if (part > whole) {
      throw this.error(partName, `is above what ${wholeName} has`);
    }
    return whole - part;
  }

  /** The audio of a list of counts by modality. */
  audio(name: string): number {
    const list = this.#get(name) ?? [];
    if (!Array.isArray(list)) {
      throw this.error(name, "must be a list");
    }
    let sum = 0;
    list.forEach((value: unknown, index) => {
      const here = `${name}[${index}]`;
      if (!isObject(value)) {
        throw this.error(here, OBJECT);
      }
      const counts = new Counts(value, `${this.#path}${here}.`);
      const count = counts.count("tokenCount");
      sum += value["modality"] === "AUDIO" ? count : 0;
      if (sum > MAX_COUNT) {
        throw counts.error("tokenCount", COUNT);
      }
    });
    return sum;
  }

  /** A value, unless it is missing or null. */
  #get(name: string): unknown {
    return Object.hasOwn(this.#counts, name) ? (this.#counts[name] ?? undefined) : undefined;
  }
}
