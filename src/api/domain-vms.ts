/**
 * The VMs of the other hosts as bytes that are ready to be sent. They are asked for at every list and kept between two: a host whose VMs are as they were says
 * only that. Bytes, and no objects: of five thousand VMs they take a few megabytes outside of V8's heap, are parsed and checked once, and sent as they lie.
 */
import { FerryError } from "../base/errors.ts";
import type { Trust } from "../trust/trust.ts";
import { questionTimeoutMs } from "./domain-questions.ts";
import type { PeerClient } from "./peer-client.ts";
import { otherMembers, type PeerAddress } from "./peer-directory.ts";
import type { Unreachable } from "./schema/scope.ts";
import { type Vm, VmList } from "./schema/vm.ts";

interface Kept {
  readonly tag: string | null;
  /** Elements of a JSON array, without its brackets. */
  readonly vms: Buffer;
}

export class DomainVms {
  readonly #trust: Trust;
  readonly #peers: PeerClient;
  /** By the host's id. */
  readonly #kept = new Map<string, Kept>();

  constructor(trust: Trust, peers: PeerClient) {
    this.#trust = trust;
    this.#peers = peers;
  }

  /** A VmList of this host's own VMs and all others', as JSON in pieces. Hosts that do not answer are named, not waited for. */
  async list(own: readonly Vm[]): Promise<Buffer[]> {
    const members = otherMembers(this.#trust);
    this.#forgetAllBut(members);
    const unreachable: Unreachable = [];
    const parts = await Promise.all(
      members.map(async (peer) => {
        try {
          return await this.#ask(peer);
        } catch (error) {
          unreachable.push({ host: peer.name, message: FerryError.from(error).message });
          return nothing;
        }
      }),
    );
    unreachable.sort((one, other) => one.host.localeCompare(other.host));
    const vms = [elementsOf(own), ...parts]
      .filter(({ length }) => length > 0)
      .flatMap((part, index) => (index === 0 ? [part] : [comma, part]));
    const end = `],"unreachable":${JSON.stringify(unreachable)}}`;
    return [Buffer.from('{"vms":['), ...vms, Buffer.from(end)];
  }

  /** @throws FerryError what the host answered; `unreachable`, `timeout`, `peer-refused`, `peer-protocol`. */
  async #ask(peer: PeerAddress): Promise<Buffer> {
    const question = { method: "GET", path: "/v1/vms", timeoutMs: questionTimeoutMs };
    const before = this.#kept.get(peer.id);
    const told = await this.#peers.askAnew(peer, VmList, question, before?.tag ?? null);
    if (told === undefined) return before?.vms ?? nothing;
    const vms = elementsOf(told.answer.vms);
    this.#kept.set(peer.id, { tag: told.tag, vms });
    return vms;
  }

  #forgetAllBut(members: readonly PeerAddress[]): void {
    const ids = new Set(members.map(({ id }) => id));
    for (const id of this.#kept.keys()) if (!ids.has(id)) this.#kept.delete(id);
  }
}

const nothing = Buffer.alloc(0);
const comma = Buffer.from(",");

function elementsOf(vms: readonly Vm[]): Buffer {
  return Buffer.from(JSON.stringify(vms).slice(1, -1));
}
