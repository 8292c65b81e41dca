/** The other hosts of the domain as a drain needs them (src/scheduler/drain.ts), over their API. */
import type { MoveRequest } from "../migration/queued.ts";
import { MigrationRecord } from "../migration/record.ts";
import type { DrainHosts } from "../scheduler/drain.ts";
import type { DrainTarget } from "../scheduler/drain-plan.ts";
import type { Trust } from "../trust/trust.ts";
import { askMembers } from "./domain-questions.ts";
import { formatBehalf, onBehalfOfHeader } from "./identify.ts";
import type { PeerClient } from "./peer-client.ts";
import { findPeer } from "./peer-directory.ts";
import { Host } from "./schema/host.ts";

/** The other host checks the move before it answers. */
const moveTimeoutMs = 60_000;

export class HttpDrainHosts implements DrainHosts {
  readonly #trust: Trust;
  readonly #peers: PeerClient;

  constructor(trust: Trust, peers: PeerClient) {
    this.#trust = trust;
    this.#peers = peers;
  }

  async look(named: readonly string[] | undefined): Promise<DrainTarget[]> {
    if (named === undefined) {
      const parts = { trust: this.#trust, peers: this.#peers };
      const { answers } = await askMembers(parts, Host, "/v1/host");
      return answers.map(({ answer }) => asTarget(answer));
    }
    const question = { method: "GET", path: "/v1/host" };
    const peers = [...new Set(named)].map((name) => findPeer(this.#trust, name));
    const hosts = await Promise.all(peers.map((peer) => this.#peers.ask(peer, Host, question)));
    return hosts.map(asTarget);
  }

  async askMove(host: string, request: MoveRequest): Promise<MigrationRecord> {
    const { vm, target, options, requestedBy } = request;
    return await this.#peers.ask(findPeer(this.#trust, host), MigrationRecord, {
      method: "POST",
      path: "/v1/migrations",
      body: { vm, target, options },
      headers: { [onBehalfOfHeader]: formatBehalf("operator", requestedBy) },
      timeoutMs: moveTimeoutMs,
    });
  }
}

function asTarget({ name, memory, vms }: Host): DrainTarget {
  return { host: name, memoryAvailableBytes: memory.availableBytes, vms: vms.running };
}
