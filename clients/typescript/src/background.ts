/** Work that goes on after its caller has left. It is counted, so that a service that shuts down can wait for it. */
export class Background {
  readonly #underWay = new Set<Promise<unknown>>();

  /** Counts some work until it ends. */
  run<T>(work: Promise<T>): Promise<T> {
    const counted = work.catch(() => undefined).finally(() => this.#underWay.delete(counted));
    this.#underWay.add(counted);
    return work;
  }

  /** Waits until nothing is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) {
      await Promise.all(this.#underWay);
    }
  }
}
