/** This host's cluster, or none: what the agent, its routes and the engine ask. What goes on by itself: running-cluster.ts. */
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import type { OwnerAuthority } from "../migration/ownership.ts";
import type { OwnerRecord } from "../migration/recovery-facts.ts";
import { takeRestored } from "./backup.ts";
import { clusterVm, standaloneVm } from "./cluster-vms.ts";
import { configureCluster } from "./configure-cluster.ts";
import { consent } from "./consent.ts";
import type { Coordinating } from "./coordinating.ts";
import {
  createCluster,
  type ExistingEtcd,
  forgetHost,
  joinCluster,
  leaveCluster,
  noCluster,
} from "./enter.ts";
import { replaceMember } from "./replace-member.ts";
import type { MemberPlan } from "./etcd-member.ts";
import { LocalState } from "./local-state.ts";
import { etcdMember, type Membership } from "./membership.ts";
import { ClusterOwners } from "./owner-authority.ts";
import type { ClusterParts, ClusterPlace, LeavingQuestion } from "./parts.ts";
import { ownerAsSeen } from "./passages.ts";
import type { VmPolicy } from "../vm/vm-policy.ts";
import type { ClusterSettings, VmRecord } from "./records.ts";
import { RunningCluster } from "./running-cluster.ts";
import { Permissions } from "./permissions.ts";

const heldEveryMs = 50;

export class Cluster implements AsyncDisposable {
  readonly owners: OwnerAuthority;
  readonly local: LocalState;
  readonly parts: ClusterParts;
  #running: RunningCluster | undefined;
  readonly #permissions: Permissions;
  #entering = false;
  readonly #stopListening: (() => void)[] = [];

  constructor(parts: ClusterParts) {
    this.parts = parts;
    this.local = new LocalState(parts.database);
    this.owners = new ClusterOwners(parts, () => this.#running?.membership);
    this.#permissions = new Permissions(parts, this.local, () => this.#running?.membership);
    this.#stopListening = [
      () => this.#permissions[Symbol.dispose](),
      parts.trust.onChange((change) => {
        if (change === "certificate") this.#running?.membership.renewCertificates();
      }),
    ];
  }

  /** Goes on as what this host was. */
  start(): void {
    if (this.local.membership !== undefined) this.#run();
  }

  /** This host's name. */
  get host(): string {
    return this.parts.host;
  }

  get membership(): Membership | undefined {
    return this.#running?.membership;
  }

  get coordinating(): Coordinating | undefined {
    return this.#running?.coordinating;
  }

  /** Volumes that this host does not reach just now: nothing should start on them here. */
  get poolsAway(): ReadonlySet<string> {
    return this.#running?.volumes.away ?? new Set();
  }

  /** Physical disks that every host of the cluster has. */
  get disks(): readonly string[] {
    return this.#running?.volumes.disks ?? [];
  }

  get trouble(): string | null {
    return this.#running?.trouble ?? null;
  }

  /** @throws FerryError `not-found` when this host is in none. */
  require(): Membership {
    return this.#requireRunning().membership;
  }

  #requireRunning(): RunningCluster {
    if (this.#running !== undefined) return this.#running;
    throw new FerryError("not-found", `Host "${this.parts.host}" is in no cluster`, {
      remedy: "Create one: ferry cluster create NAME; or join the domain's: ferry cluster join",
    });
  }

  async create(
    name: string,
    settings: ClusterSettings,
    existing: ExistingEtcd | null,
  ): Promise<void> {
    await this.#alone(() => createCluster(this.parts, this.local, name, settings, existing));
    this.#run();
    await this.#untilHeld();
    this.parts.publish("cluster.created", this.require().own.id, { name });
  }

  /** `name`: which, where hosts of the domain are in several. */
  async join(name: string | undefined, tls: ExistingEtcd["tls"]): Promise<void> {
    await this.#alone(async () => {
      const places = await this.parts.peers.seek();
      const found = name === undefined ? places : places.filter((place) => place.name === name);
      const [place, other] = found;
      if (place === undefined) throw noCluster(this.parts.host);
      if (other !== undefined) {
        const names = found.map((each) => each.name).join(", ");
        throw new FerryError("conflict", `Cannot tell which cluster is meant: ${names}`, {
          remedy: "Name it: ferry cluster join NAME",
        });
      }
      await joinCluster(this.parts, this.local, place, tls);
    });
    this.#run();
    await this.#untilHeld();
    const { id, name: joined } = this.require().own;
    this.parts.publish("cluster.joined", id, { name: joined, host: this.parts.host });
  }

  async leave(): Promise<void> {
    const membership = this.require();
    const { id, name } = membership.own;
    await leaveCluster(this.parts, membership);
    await this.#end();
    this.parts.publish("cluster.left", id, { name, host: this.parts.host });
  }

  /** Takes a host out that is gone for good. @throws FerryError `conflict` while it lives, `in-use` while it owns VMs. */
  async forget(nameOrId: string): Promise<void> {
    await forgetHost(this.require(), nameOrId);
    this.parts.publish("cluster.host-forgotten", this.require().own.id, { host: nameOrId });
  }

  /** Every host goes by them at its next look; a shorter lease counts for the others once its host keeps to it. */
  async configure(settings: ClusterSettings): Promise<void> {
    const membership = this.require();
    await configureCluster(membership, settings);
    membership.learn({ settings });
    this.parts.publish("cluster.configured", membership.own.id, { settings });
  }

  async takeRestored(id: string, endpoints: readonly string[]): Promise<void> {
    const membership = this.require();
    if (membership.own.id === id) await takeRestored(this.parts, membership, endpoints);
  }

  async clusterVm(nameOrId: string, policy: VmPolicy): Promise<VmRecord> {
    return await clusterVm(this.parts, this.require(), nameOrId, policy);
  }

  async standaloneVm(nameOrId: string): Promise<void> {
    await standaloneVm(this.parts, this.require(), nameOrId);
  }

  /** Whether a VM of this host is the cluster's, as far as this host knows. */
  isClustered(id: string): boolean {
    return this.local.incarnationOf(id) !== undefined;
  }

  /**
   * Ends a guest of the cluster's on a host that goes down, and gives the VM back, so that another host starts it at once. Without an answer of
   * etcd the VM stays this host's: it is started here again or, when the lease is over, elsewhere.
   * @throws FerryError what `end` throws.
   */
  async endHere(id: string, why: FerryError, end: () => Promise<unknown>): Promise<void> {
    let isEnded = false;
    const ending = async (): Promise<void> => {
      await end();
      isEnded = true;
    };
    try {
      await this.#requireRunning().ownVms.endHere(id, why, ending);
    } catch (error) {
      if (!isEnded) throw error;
      this.parts.log.warn({ vm: id, reason: errorChain(error) }, "cannot give the VM back");
    }
  }

  /** @throws FerryError `conflict` for a VM that is the cluster's: others would start it again. */
  requireStandalone(nameOrId: string, verb: string): void {
    const { id, name } = this.parts.vms.get(nameOrId).definition;
    if (!this.isClustered(id)) return;
    throw new FerryError("conflict", `Cannot ${verb} VM "${name}": it is the cluster's`, {
      remedy: `Make it standalone first: ferry vm standalone ${name}`,
    });
  }

  /** Whether the VM may run now. @throws FerryError `conflict` with the reason why not. */
  async permission(vm: string): Promise<void> {
    await this.#permissions.require(vm);
  }

  /** Another host asks whether this one misses etcd too (consent.ts). */
  consent(host: string, leaseMs: number): boolean {
    const running = this.#running;
    return (
      running !== undefined &&
      consent(running.membership, running.coordinating.watch, host, leaseMs)
    );
  }

  /** A target outside asks about a VM that leaves this cluster. */
  async ownerOf({ cluster, vm, generation }: LeavingQuestion): Promise<OwnerRecord> {
    const { membership } = this;
    if (membership?.own.id !== cluster) return "silent";
    return await membership.store.vm(vm).then(
      (record) => ownerAsSeen(record, generation),
      () => "silent",
    );
  }

  /** The coordinator lets this host have a member of etcd. May be repeated. */
  async startMember(plan: MemberPlan): Promise<void> {
    await this.require().member.provide(plan);
  }

  /** A host's member of etcd is taken out; this host or another gets a new one. @throws FerryError `not-found`, `conflict`. */
  async replaceMember(nameOrId: string): Promise<void> {
    const membership = this.require();
    const { id, name } = await replaceMember(membership, nameOrId);
    this.parts.log.warn({ host: name }, "a host's member of etcd is replaced");
    this.parts.publish("cluster.member-removed", id, { name });
  }

  /** What a host that wants to join has to know. */
  get place(): ClusterPlace | undefined {
    const own = this.local.membership;
    if (own === undefined) return undefined;
    const { id, name, managed, endpoints } = own;
    return { id, name, managed, endpoints };
  }

  /** Nobody wants to see a cluster that is only beginning; one that begins slowly says so itself. */
  async #untilHeld(): Promise<void> {
    const { keeper, own } = this.require();
    const deadline = performance.now() + own.settings.leaseMs;
    while (keeper.standing !== "held" && performance.now() < deadline) await wait(heldEveryMs);
  }

  #run(): void {
    this.#running = new RunningCluster(this.parts, this.local, () => void this.#end());
  }

  async #alone(body: () => Promise<void>): Promise<void> {
    if (this.#entering) {
      throw new FerryError("busy", "Cannot enter a cluster: this host is just entering one");
    }
    this.#entering = true;
    try {
      await body();
    } finally {
      this.#entering = false;
    }
  }

  /** This host is in no cluster any more, and has nothing left of one. */
  async #end(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    await running.end();
    await etcdMember(this.parts).remove();
    this.local.clear();
  }

  /** The keeper and etcd run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stopListening) stop();
    await this.#running?.[Symbol.asyncDispose]();
  }
}
