/**
 * This host's cluster, or none: what the agent, its routes and the engine ask. What goes on by itself is one look after the other (`#look`), at
 * the pace of the beats; every look begins from what etcd says, so that one that fails or comes twice does no harm.
 */
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import type { OwnerAuthority } from "../migration/ownership.ts";
import { takeRestored } from "./backup.ts";
import { clusterVm, standaloneVm } from "./cluster-vms.ts";
import { configureCluster } from "./configure-cluster.ts";
import { consent, seekConsents } from "./consent.ts";
import { Coordinating } from "./coordinating.ts";
import {
  createCluster,
  type ExistingEtcd,
  forgetHost,
  joinCluster,
  leaveCluster,
  noCluster,
} from "./enter.ts";
import type { MemberPlan } from "./etcd-member.ts";
import { LocalState } from "./local-state.ts";
import { etcdMember, Membership } from "./membership.ts";
import { ClusterOwners } from "./owner-authority.ts";
import { OwnVms } from "./own-vms.ts";
import type { ClusterParts, ClusterPlace } from "./parts.ts";
import type { ClusterSettings, VmPolicy, VmRecord } from "./records.ts";
import { Permissions } from "./permissions.ts";
import { clusterTimes } from "./times.ts";

const heldEveryMs = 50;

interface Running {
  readonly membership: Membership;
  readonly ownVms: OwnVms;
  readonly coordinating: Coordinating;
  readonly stop: AbortController;
  readonly looking: Promise<unknown>;
}

export class Cluster implements AsyncDisposable {
  readonly owners: OwnerAuthority;
  readonly local: LocalState;
  readonly parts: ClusterParts;
  #running: Running | undefined;
  readonly #permissions: Permissions;
  #entering = false;
  /** Why the latest look failed; null when it did not. */
  #trouble: string | null = null;
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

  get trouble(): string | null {
    return this.#trouble;
  }

  /** @throws FerryError `not-found` when this host is in none. */
  require(): Membership {
    if (this.#running !== undefined) return this.#running.membership;
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

  /** @throws FerryError `conflict` for a VM that is the cluster's: others would start it again. */
  requireStandalone(nameOrId: string, verb: string): void {
    const { id, name } = this.parts.vms.get(nameOrId).definition;
    if (this.local.incarnationOf(id) === undefined) return;
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

  /** The coordinator lets this host have a member of etcd. May be repeated. */
  startMember(plan: MemberPlan): void {
    const { member } = this.require();
    if (!member.exists) member.create(plan);
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
    const parts = this.parts;
    const stop = new AbortController();
    const membership = new Membership(parts, this.local, () => this.#wake());
    const ownVms = new OwnVms(parts, membership);
    const coordinating = new Coordinating(parts, membership);
    const looking = Promise.all([
      Promise.resolve().then(() => this.#goOn(stop.signal)),
      seekConsents(parts, membership, stop.signal),
    ]);
    this.#running = { membership, ownVms, coordinating, stop, looking };
  }

  #wake: () => void = () => undefined;

  async #goOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!(await this.#look())) return;
        this.#trouble = null;
      } catch (error) {
        const trouble = errorChain(error);
        if (trouble !== this.#trouble)
          this.parts.log.warn({ reason: trouble }, "cannot look at the cluster");
        this.#trouble = trouble;
      }
      const { beatMs } = clusterTimes(this.local.membership?.settings.leaseMs);
      const waking = new AbortController();
      this.#wake = () => waking.abort();
      await wait(beatMs, undefined, { signal: AbortSignal.any([signal, waking.signal]) }).catch(
        () => undefined,
      );
    }
  }

  /** @returns false when this host is in the cluster no longer. */
  async #look(): Promise<boolean> {
    const running = this.#running;
    if (running === undefined) return false;
    const { membership, ownVms, coordinating } = running;
    const { keeper, store, own } = membership;
    if (keeper.standing === "dead" && !(await membership.comeBack())) {
      this.parts.log.error("the cluster does not know this host any more");
      void this.#end();
      return false;
    }
    const view = await store.own(own.host);
    if (view.cluster !== undefined) membership.learn({ settings: view.cluster.settings });
    if (keeper.standing === "held") await ownVms.settle(view.owned);
    await coordinating.look(view);
    return true;
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
    running.stop.abort();
    await running.looking;
    running.ownVms[Symbol.dispose]();
    running.membership.keeper.stop();
    await running.membership[Symbol.asyncDispose]();
    await etcdMember(this.parts).remove();
    this.local.clear();
  }

  /** The keeper and etcd run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stopListening) stop();
    const running = this.#running;
    if (running === undefined) return;
    running.stop.abort();
    await running.looking;
    running.ownVms[Symbol.dispose]();
    await running.membership[Symbol.asyncDispose]();
  }
}
