/** Who goes next among those who want to: the one served least. Whoever was away does not catch up. Pure. */
export class FairShare<Key> {
  readonly #served = new Map<Key, number>();
  #floor = 0;

  pick(candidates: Iterable<Key>): Key | undefined {
    let least: Key | undefined;
    let leastServed = Number.POSITIVE_INFINITY;
    for (const candidate of candidates) {
      const served = this.#standing(candidate);
      if (served >= leastServed) continue;
      least = candidate;
      leastServed = served;
    }
    if (least !== undefined) this.#floor = leastServed;
    return least;
  }

  charge(key: Key, amount: number): void {
    this.#served.set(key, this.#standing(key) + amount);
  }

  #standing(key: Key): number {
    return Math.max(this.#served.get(key) ?? 0, this.#floor);
  }
}
