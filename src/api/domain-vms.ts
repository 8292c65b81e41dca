/**
 * The VMs of the other hosts as bytes that are ready to be sent. While lists are asked for, each host keeps a question open until its VMs change
 * (wait-for-change.ts): a list is then what the hosts said last, and costs none of them anything. A host that says nothing new is heard every few seconds; one that is
 * not, or that something may have been done to through this host, is asked. Bytes, and no objects: of five thousand VMs they take a few megabytes outside
 * of V8's heap, are parsed and checked once, and sent as they lie.
 */
import { FerryError } from "../base/errors.ts";
import { questionTimeoutMs } from "./domain-questions.ts";
import { otherMembers, type PeerAddress } from "./peer-directory.ts";
import type { Unreachable } from "./schema/scope.ts";
import { type Vm, VmList } from "./schema/vm.ts";
import type { Services } from "./services.ts";

/** How long a host may keep a question open. */
const waitSeconds = 6;
/** A host whose power is cut is noticed this long after it was last heard. */
const silenceMsMax = 7_500;
/** Hosts are watched this long after the last list, since a connection to each takes memory. The first list after that begins them anew. */
const watchedMs = 60_000;

/** What lists are put together with. */
type Asking = Pick<Services, "trust" | "peers" | "vms">;

interface Kept {
  readonly tag: string | null;
  /** Elements of a JSON array, without its brackets. */
  readonly vms: Buffer;
  /** When the question was asked whose answer this is, by `performance.now()`. */
  readonly askedAt: number;
  /** When the host last said that these are its VMs. */
  readonly heardAt: number;
}

export class DomainVms {
  readonly #services: Asking;
  /** By the host's id. */
  readonly #kept = new Map<string, Kept>();
  readonly #watched = new Set<string>();
  #listedAt = Number.NEGATIVE_INFINITY;
  #doubtedAt = Number.NEGATIVE_INFINITY;

  /** Whether this host's own VMs are watched: from the first list on, before which nothing is kept. */
  #followsOwn = false;

  constructor(services: Asking) {
    this.#services = services;
  }

  /** Something was done through this host: what is asked now shall show it, though another host's word of it is still under way. */
  doubt(): void {
    this.#doubtedAt = performance.now();
  }

  /** A VmList of this host's own VMs and all others', as JSON in pieces. Hosts that do not answer are named, not waited for. */
  async list(own: readonly Vm[]): Promise<Buffer[]> {
    const { trust, vms } = this.#services;
    const members = otherMembers(trust);
    if (!this.#followsOwn) vms.onChange(() => this.doubt());
    this.#followsOwn = true;
    this.#listedAt = performance.now();
    this.#forgetAllBut(members);
    const unreachable: Unreachable = [];
    const parts = await Promise.all(
      members.map(async (peer) => {
        try {
          return this.#present(peer) ?? (await this.#askNow(peer));
        } catch (error) {
          unreachable.push({ host: peer.name, message: FerryError.from(error).message });
          return nothing;
        }
      }),
    );
    unreachable.sort((one, other) => one.host.localeCompare(other.host));
    const listed = [elementsOf(own), ...parts]
      .filter(({ length }) => length > 0)
      .flatMap((part, index) => (index === 0 ? [part] : [comma, part]));
    const end = `],"unreachable":${JSON.stringify(unreachable)}}`;
    return [Buffer.from('{"vms":['), ...listed, Buffer.from(end)];
  }

  /** What a watched host said last; undefined when it has to be asked. */
  #present({ id }: PeerAddress): Buffer | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined || !this.#watched.has(id)) return undefined;
    const isHeard = performance.now() - kept.heardAt < silenceMsMax;
    return isHeard && kept.askedAt > this.#doubtedAt ? kept.vms : undefined;
  }

  /** @throws FerryError what the host answered; `unreachable`, `timeout`, `peer-refused`, `peer-protocol`. */
  async #askNow(peer: PeerAddress): Promise<Buffer> {
    await this.#ask(peer);
    if (!this.#watched.has(peer.id)) void this.#watch(peer);
    return this.#kept.get(peer.id)?.vms ?? nothing;
  }

  async #watch(peer: PeerAddress): Promise<void> {
    this.#watched.add(peer.id);
    try {
      while (this.#isWanted(peer)) if (!(await this.#ask(peer, waitSeconds))) return;
    } catch {
      // The next list asks it, and says what is wrong.
    } finally {
      this.#watched.delete(peer.id);
    }
  }

  #isWanted({ id }: PeerAddress): boolean {
    return this.#kept.has(id) && performance.now() - this.#listedAt < watchedMs;
  }

  /** @returns whether the host can keep a question open. @throws as `#askNow`. */
  async #ask(peer: PeerAddress, wait?: number): Promise<boolean> {
    const timeoutMs = questionTimeoutMs + (wait ?? 0) * 1000;
    const question = { method: "GET", path: "/v1/vms", timeoutMs };
    const before = this.#kept.get(peer.id);
    const known = before?.tag ?? null;
    const askedAt = performance.now();
    const { changed, hasWaited } = await this.#services.peers.askAnew(
      peer,
      VmList,
      question,
      known,
      wait,
    );
    const kept = this.#kept.get(peer.id);
    // A later question was answered meanwhile: this answer may be the older one. The next tells.
    if (kept !== undefined && kept.askedAt > askedAt) return hasWaited;
    const told = changed
      ? { tag: changed.tag, vms: elementsOf(changed.answer.vms) }
      : { tag: known, vms: before?.vms ?? nothing };
    this.#kept.set(peer.id, { ...told, askedAt, heardAt: performance.now() });
    return hasWaited;
  }

  #forgetAllBut(members: readonly PeerAddress[]): void {
    const ids = new Set(members.map(({ id }) => id));
    for (const id of this.#kept.keys()) if (!ids.has(id)) this.#kept.delete(id);
  }
}

const nothing = Buffer.alloc(0);
const comma = Buffer.from(",");

function elementsOf(vms: readonly Vm[]): Buffer {
  const elements = JSON.stringify(vms).slice(1, -1);
  // N.B. in memory of its own: a part of the pool that buffers share would hold all of that, three times as much.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(elements));
  bytes.write(elements);
  return bytes;
}
