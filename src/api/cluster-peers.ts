/** The other hosts of the domain as a cluster needs them (src/cluster/parts.ts), over their API. */
import Type from "typebox";
import { FerryError } from "../base/errors.ts";
import type { MemberPlan } from "../cluster/etcd-member.ts";
import type { ClusterPeers, ClusterPlace, HostRoom, LeavingQuestion } from "../cluster/parts.ts";
import type { DiskLook } from "../cluster/parts.ts";
import type { OwnerRecord } from "../migration/recovery-facts.ts";
import type { Trust } from "../trust/trust.ts";
import { askMembers } from "./domain-questions.ts";
import type { PeerClient } from "./peer-client.ts";
import { findPeer } from "./peer-directory.ts";
import {
  PeerClusterPlace,
  PeerClusterRoom,
  PeerConsentAnswer,
  PeerDiskLook,
  PeerOwnerAnswer,
} from "./schema/peer-cluster.ts";
import { VmList } from "./schema/vm.ts";

/** A guest's life may hang on it: who does not answer by then does not consent. */
const consentMsMax = 1_500;
const roomMsMax = 3_000;
/** It asks etcd. */
const ownerMsMax = 5_000;
/** Its member of the old etcd is ended, which may hang. */
const restoredMsMax = 30_000;
const Nothing = Type.Unknown();

export class HttpClusterPeers implements ClusterPeers {
  readonly #trust: Trust;
  readonly #peers: PeerClient;

  constructor(trust: Trust, peers: PeerClient) {
    this.#trust = trust;
    this.#peers = peers;
  }

  async seek(): Promise<readonly ClusterPlace[]> {
    const parts = { trust: this.#trust, peers: this.#peers };
    const { answers, unreachable } = await askMembers(parts, PeerClusterPlace, "/v1/peer/cluster");
    const found = new Map<string, ClusterPlace>();
    for (const { answer } of answers) {
      if (answer.place !== null) found.set(answer.place.id, answer.place);
    }
    if (found.size === 0 && unreachable.length > 0) {
      const silent = unreachable.map(({ host }) => host).join(", ");
      throw new FerryError("unreachable", `Cannot find a cluster: ${silent} did not answer`, {
        remedy: "Bring a host of the cluster back, then try again",
      });
    }
    return [...found.values()];
  }

  async room(host: string): Promise<HostRoom> {
    return await this.#peers.ask(findPeer(this.#trust, host), PeerClusterRoom, {
      ...{ method: "GET", path: "/v1/peer/cluster/room", timeoutMs: roomMsMax },
    });
  }

  async consent(host: string, leaseMs: number): Promise<boolean> {
    const { consents } = await this.#peers.ask(findPeer(this.#trust, host), PeerConsentAnswer, {
      ...{ method: "POST", path: "/v1/peer/cluster/consent", body: { leaseMs } },
      timeoutMs: consentMsMax,
    });
    return consents;
  }

  async ownerOf(host: string, question: LeavingQuestion): Promise<OwnerRecord> {
    const { owner } = await this.#peers.ask(findPeer(this.#trust, host), PeerOwnerAnswer, {
      ...{ method: "POST", path: "/v1/peer/cluster/owner", body: question },
      timeoutMs: ownerMsMax,
    });
    return owner;
  }

  async ownVms(host: string): Promise<{ id: string; generation: number }[]> {
    const { vms } = await this.#peers.ask(findPeer(this.#trust, host), VmList, {
      ...{ method: "GET", path: "/v1/vms", timeoutMs: roomMsMax },
    });
    return vms
      .filter(({ ownership }) => ownership === "owner")
      .map(({ id, generation }) => ({ id, generation }));
  }

  async lookAtDisk(host: string, device: string): Promise<DiskLook> {
    return await this.#peers.ask(findPeer(this.#trust, host), PeerDiskLook, {
      ...{ method: "POST", path: "/v1/peer/cluster/disk", body: { device } },
    });
  }

  async startMember(host: string, plan: MemberPlan): Promise<void> {
    await this.#peers.ask(findPeer(this.#trust, host), Nothing, {
      ...{ method: "POST", path: "/v1/peer/cluster/member", body: plan },
    });
  }

  async restored(host: string, { id, name, endpoints }: ClusterPlace): Promise<void> {
    await this.#peers.ask(findPeer(this.#trust, host), Nothing, {
      ...{ method: "POST", path: "/v1/peer/cluster/restored", body: { id, name, endpoints } },
      timeoutMs: restoredMsMax,
    });
  }
}
