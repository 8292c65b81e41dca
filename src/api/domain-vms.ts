/**
 * The VMs of the other hosts as text that is ready to be sent. It is asked for at every list and kept between two: a host whose VMs are as they were says
 * only that. Text, and no objects: of five thousand VMs it takes a few megabytes, is parsed and checked once, and put together in no time.
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
  readonly vms: string;
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

  /** A VmList of this host's own VMs and all others', as JSON. Hosts that do not answer are named, not waited for. */
  async list(own: readonly Vm[]): Promise<string> {
    const members = otherMembers(this.#trust);
    this.#forgetAllBut(members);
    const unreachable: Unreachable = [];
    const parts = await Promise.all(
      members.map(async (peer) => {
        try {
          return await this.#ask(peer);
        } catch (error) {
          unreachable.push({ host: peer.name, message: FerryError.from(error).message });
          return "";
        }
      }),
    );
    unreachable.sort((one, other) => one.host.localeCompare(other.host));
    const vms = [elementsOf(own), ...parts].filter((part) => part !== "").join(",");
    return `{"vms":[${vms}],"unreachable":${JSON.stringify(unreachable)}}`;
  }

  /** @throws FerryError what the host answered; `unreachable`, `timeout`, `peer-refused`, `peer-protocol`. */
  async #ask(peer: PeerAddress): Promise<string> {
    const question = { method: "GET", path: "/v1/vms", timeoutMs: questionTimeoutMs };
    const before = this.#kept.get(peer.id);
    const told = await this.#peers.askAnew(peer, VmList, question, before?.tag ?? null);
    if (told === undefined) return before?.vms ?? "";
    const vms = elementsOf(told.answer.vms);
    this.#kept.set(peer.id, { tag: told.tag, vms });
    return vms;
  }

  #forgetAllBut(members: readonly PeerAddress[]): void {
    const ids = new Set(members.map(({ id }) => id));
    for (const id of this.#kept.keys()) if (!ids.has(id)) this.#kept.delete(id);
  }
}

function elementsOf(vms: readonly Vm[]): string {
  return JSON.stringify(vms).slice(1, -1);
}
