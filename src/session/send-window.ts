/**
 * How many bytes may be on the way, bounded in time: as much as drains in `drainMs`, and what fills the round trip.
 * Pure: the caller says what time it is, in milliseconds.
 *
 * What the peer acknowledged, over one round trip, is the drain rate; the round trip of bytes that waited behind few
 * others is the path's own (`base`). The window is `rate × (base + drainMs)`. While the path is not full, a larger
 * window raises the rate and so the next window; once it is full, the rate stands still and so does the window, with
 * `drainMs` of bytes waiting. Three things keep that fixed point true:
 * - It starts as wide as the rate that the caller expects would make it, and by doubling every round, until a round brings
 *   no more: a long path takes many rounds to fill from nothing.
 * - Bytes that wait behind our own make the path look longer than it is. Once in a while the window is therefore cut
 *   to a quarter for one round, and what that round measures is believed as the base, be it longer or shorter.
 * - A round in which the sender had too little to say measures the sender: its rate counts only if it is higher, and
 *   where it had next to nothing to say, not at all.
 *
 * The base is a mean over a round, not a minimum over frames: where threads wait for a processor, the luckiest frame
 * says nothing of what filling the path takes, and a window made for it would starve the others.
 */
export interface WindowSettings {
  readonly drainMs: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
  /** What the path is known to carry, bytes per millisecond; 0: nothing is known. */
  readonly expectedRate: number;
}

/** What is remembered of one sending, until it is acknowledged. */
export interface Sending {
  readonly bytes: number;
  readonly at: number;
  readonly deliveredBefore: number;
}

/** Shorter rounds measure the clock. */
const roundMsMin = 10;
/** Rates of this many rounds are remembered, the best of them believed: one late acknowledgement is no slow link. */
const rememberedRounds = 8;
/** Growth by less than this in a round means that the path is full. */
const fullGrowth = 1.25;
const roundsWithoutGrowth = 2;
/** The base is measured anew this often, milliseconds, or every so many round trips where those are long. */
const probeEveryMs = 1_000;
const probeEveryRoundTrips = 30;
const probeFraction = 1 / 4;

export class SendWindow {
  readonly #settings: WindowSettings;
  #drainMs: number;
  #phase: "starting" | "steady" | "draining" | "probing" = "starting";
  #limit: number;
  #wasEverFull = false;
  #inFlight = 0;
  #delivered = 0;
  #base = Number.POSITIVE_INFINITY;
  #rates: number[] = [];
  #flatRounds = 0;
  #probedAt = Number.NEGATIVE_INFINITY;
  #idleSince: number | undefined = 0;
  #round = { startedAt: 0, delivered: 0, peak: 0, waited: 0, frames: 0, idleMs: 0 };

  constructor(settings: WindowSettings) {
    this.#settings = settings;
    this.#drainMs = settings.drainMs;
    this.#limit = this.#expectedLimit;
  }

  /** What may wait from the next round on. */
  set drainMs(drainMs: number) {
    this.#drainMs = drainMs;
  }

  /** The most bytes that may be on the way now. */
  get limit(): number {
    return this.#phase === "draining" || this.#phase === "probing"
      ? this.#limit * probeFraction
      : this.#limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** A frame may be sent while there is any room: the last one may stand out over the edge. */
  get hasRoom(): boolean {
    return this.#inFlight < this.limit;
  }

  /** The drain rate, bytes per millisecond; 0 before the first round worth the name. */
  get rate(): number {
    return Math.max(0, ...this.#rates);
  }

  /** The path's own round trip, milliseconds; 0 before the first round. */
  get roundTripMs(): number {
    return Number.isFinite(this.#base) ? this.#base : 0;
  }

  sent(bytes: number, now: number): Sending {
    // While nothing was under way, time was the sender's own, not the path's.
    this.#round.idleMs += this.#idleSince === undefined ? 0 : now - this.#idleSince;
    this.#idleSince = undefined;
    this.#inFlight += bytes;
    this.#round.peak = Math.max(this.#round.peak, this.#inFlight);
    return { bytes, at: now, deliveredBefore: this.#delivered };
  }

  /** The peer has them. */
  acknowledged(sending: Sending, now: number): void {
    this.#leave(sending, now);
    this.#delivered += sending.bytes;
    this.#round.waited += now - sending.at;
    this.#round.frames += 1;
    if (this.#phase === "draining" && this.#inFlight <= this.limit) {
      this.#phase = "probing";
      return this.#startRound(now);
    }
    const full = sending.deliveredBefore >= this.#round.delivered;
    if (full && this.#busyMs(now) >= roundMsMin) this.#endRound(now);
  }

  /** They will not arrive: their lane broke. */
  lost(sending: Sending, now: number): void {
    this.#leave(sending, now);
  }

  #leave(sending: Sending, now: number): void {
    this.#inFlight -= sending.bytes;
    if (this.#inFlight === 0) this.#idleSince = now;
  }

  #busyMs(now: number): number {
    const idle = this.#idleSince === undefined ? 0 : now - this.#idleSince;
    return now - this.#round.startedAt - this.#round.idleMs - idle;
  }

  #startRound(now: number): void {
    if (this.#idleSince !== undefined) this.#idleSince = now;
    this.#round = {
      startedAt: now,
      delivered: this.#delivered,
      peak: this.#inFlight,
      waited: 0,
      frames: 0,
      idleMs: 0,
    };
  }

  #endRound(now: number): void {
    const round = this.#round;
    const rate = (this.#delivered - round.delivered) / this.#busyMs(now);
    const roundTrip = round.waited / round.frames;
    const sparse = round.peak <= this.#limit * probeFraction;
    const probed = this.#phase === "probing" || sparse;
    this.#base = probed ? roundTrip : Math.min(this.#base, roundTrip);
    if (probed) this.#probedAt = now;
    const best = this.rate;
    if (!sparse) this.#learnRate(rate, this.#phase === "probing" || !this.#wasFull(round.peak));
    this.#nextPhase(rate, best, round.peak, now);
    this.#startRound(now);
  }

  #wasFull(peak: number): boolean {
    return peak >= this.#limit * (3 / 4);
  }

  #learnRate(rate: number, lessThanFull: boolean): void {
    if (lessThanFull && rate <= this.rate) return;
    this.#rates.push(rate);
    if (this.#rates.length > rememberedRounds) this.#rates.shift();
  }

  #nextPhase(rate: number, best: number, peak: number, now: number): void {
    if (this.#phase === "starting") {
      this.#wasEverFull ||= this.#wasFull(peak);
      if (!this.#wasEverFull) this.#limit = this.#expectedLimit;
      if (!this.#wasFull(peak)) return;
      this.#flatRounds = rate < best * fullGrowth ? this.#flatRounds + 1 : 0;
      if (this.#flatRounds < roundsWithoutGrowth) {
        this.#limit = this.#bounded(this.#limit * 2);
        return;
      }
    }
    this.#phase = "steady";
    this.#limit = this.#bounded(this.rate * (this.#base + this.#drainMs));
    const probeEvery = Math.max(probeEveryMs, probeEveryRoundTrips * this.#base);
    if (now - this.#probedAt >= probeEvery) this.#phase = "draining";
  }

  /** Grows with the base, which the first round trips tell. */
  get #expectedLimit(): number {
    return this.#bounded(this.#settings.expectedRate * (this.roundTripMs + this.#drainMs));
  }

  #bounded(bytes: number): number {
    return Math.min(Math.max(bytes, this.#settings.bytesMin), this.#settings.bytesMax);
  }
}
