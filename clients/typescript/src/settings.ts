/** How long things take and last, in milliseconds. What is left out has the default. */
export interface Settings {
  /** The time that one call may take, with all attempts and pauses: 20 seconds. */
  deadline?: number;
  /** The time that one attempt may take: 10 seconds, as long as the API works on a request. */
  attempt?: number;
  /** The time that a call may take if an older answer could be shown instead: 3 seconds. */
  patience?: number;
  /** The longest first pause between attempts: 100 milliseconds. It doubles with each failure. */
  firstPause?: number;
  /** The longest pause, unless the API asks for more: 5 seconds. */
  longestPause?: number;
  /** How long credits and models are answered from memory: 5 minutes. */
  creditsLast?: number;
  /** How long the profile is answered from memory: 1 hour. */
  profileLasts?: number;
}

/** The settings with their defaults. */
export function complete(settings: Settings): Required<Settings> {
  return {
    deadline: 20_000,
    attempt: 10_000,
    patience: 3_000,
    firstPause: 100,
    longestPause: 5_000,
    creditsLast: 300_000,
    profileLasts: 3_600_000,
    ...settings,
  };
}

/** The end of the time that a call may take. */
export class Deadline {
  readonly #end: number;

  constructor(allowed: number) {
    this.#end = performance.now() + allowed;
  }

  /** The milliseconds that are left. */
  left(): number {
    return Math.max(0, this.#end - performance.now());
  }

  /** The result of some work, unless the time is over first. */
  async limit<T>(work: Promise<T>, overdue: () => Error): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(overdue()), this.left());
    });
    try {
      return await Promise.race([work, end]);
    } finally {
      clearTimeout(timer);
    }
  }
}
