/**
 * What happens on every host of the domain, as one stream: this host follows the others' events while somebody
 * watches, and says which of them it reaches. Positions of different hosts have no common order, so nothing is
 * replayed: who comes back reads everything anew, and is told of `host.followed` when that is due.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { EventLog } from "../database/event-log.ts";
import type { Trust } from "../trust/trust.ts";
import { EventStreamParser } from "./event-stream-parser.ts";
import type { PeerClient } from "./peer-client.ts";
import { otherMembers, type PeerAddress } from "./peer-directory.ts";
import type { FerryEvent } from "./schema/event.ts";

/** A host's comment lines come every fifteen seconds: one this quiet is gone. */
const silenceMsMax = 40_000;
/** One connection's life; the next follows at once. */
const connectionMsMax = 3_600_000;
const firstWaitMs = 250;
const waitMsMax = 5_000;

export interface DomainFeedParts {
  readonly trust: Trust;
  readonly peers: PeerClient;
  readonly events: EventLog;
  readonly log: Log;
  readonly now: () => number;
  /** This host's name. */
  readonly host: string;
}

type Listener = (event: FerryEvent) => void;

export class DomainFeed implements Disposable {
  readonly #parts: DomainFeedParts;
  readonly #listeners = new Set<Listener>();
  /** By the host's id. */
  readonly #followed = new Map<string, { readonly stop: AbortController; reached: boolean }>();
  #stopOwn: (() => void) | undefined;

  constructor(parts: DomainFeedParts) {
    this.#parts = parts;
  }

  replay(): FerryEvent[] {
    return [];
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#begin();
    // Who comes later learns of the hosts that are away; of the others it hears.
    for (const peer of otherMembers(this.#parts.trust)) {
      if (this.#followed.get(peer.id)?.reached === false) listener(this.#news("host.lost", peer));
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
    this.#end();
  }

  #begin(): void {
    const { events, trust, host } = this.#parts;
    const stopEvents = events.subscribe((event) => this.#tell({ ...event, host }));
    const stopTrust = trust.onChange(() => this.#followMembers());
    this.#stopOwn = () => {
      stopEvents();
      stopTrust();
    };
    this.#followMembers();
  }

  #end(): void {
    this.#stopOwn?.();
    this.#stopOwn = undefined;
    for (const { stop } of this.#followed.values()) stop.abort();
    this.#followed.clear();
  }

  #followMembers(): void {
    const members = otherMembers(this.#parts.trust);
    for (const [id, { stop }] of this.#followed) {
      if (members.some((member) => member.id === id)) continue;
      stop.abort();
      this.#followed.delete(id);
    }
    for (const member of members) {
      if (this.#followed.has(member.id)) continue;
      const stop = new AbortController();
      this.#followed.set(member.id, { stop, reached: true });
      void this.#follow(member, stop.signal);
    }
  }

  async #follow(peer: PeerAddress, signal: AbortSignal): Promise<void> {
    let waitMs = firstWaitMs;
    while (!signal.aborted) {
      const reason = await this.#read(peer, signal).then(
        (wasReached) => {
          if (wasReached) waitMs = firstWaitMs;
          return "the stream ended";
        },
        (error: unknown) => errorChain(error),
      );
      if (signal.aborted) return;
      this.#parts.log.debug({ peer: peer.name, reason }, "lost a host's events");
      const followed = this.#followed.get(peer.id);
      if (followed?.reached === true) {
        followed.reached = false;
        this.#tell(this.#news("host.lost", peer));
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, waitMsMax);
    }
  }

  /** One connection to its end. @returns whether it said anything. */
  async #read(peer: PeerAddress, signal: AbortSignal): Promise<boolean> {
    const silence = new AbortController();
    const watch = setTimeout(
      () => silence.abort(new FerryError("timeout", `Host "${peer.name}" fell silent`)),
      silenceMsMax,
    );
    try {
      const answer = await this.#parts.peers.open(peer, {
        ...{ method: "GET", path: "/v1/events", timeoutMs: connectionMsMax },
        signal: AbortSignal.any([signal, silence.signal]),
      });
      if (answer.statusCode !== 200) {
        answer.resume();
        return false;
      }
      const followed = this.#followed.get(peer.id);
      if (followed !== undefined) followed.reached = true;
      this.#tell(this.#news("host.followed", peer));
      const parser = new EventStreamParser();
      for await (const piece of answer as AsyncIterable<Buffer>) {
        watch.refresh();
        for (const { data } of parser.feed(piece)) {
          this.#tell({ ...(JSON.parse(data) as FerryEvent), host: peer.name });
        }
      }
      return true;
    } finally {
      clearTimeout(watch);
    }
  }

  #news(type: "host.followed" | "host.lost", { id, name }: PeerAddress): FerryEvent {
    return { id: null, at: this.#parts.now(), type, subject: id, host: name, data: { name } };
  }

  #tell(event: FerryEvent): void {
    // Of the whole domain's stream no position is good for another connection.
    for (const listener of this.#listeners) listener({ ...event, id: null });
  }
}
