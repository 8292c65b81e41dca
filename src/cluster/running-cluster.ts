/**
 * A host's being in its cluster, as long as it is: what goes on by itself is one look after the other (`#look`), at the pace of the beats; every look
 * begins from what etcd says, so that one that fails or comes twice does no harm.
 */
import { setTimeout as wait } from "node:timers/promises";
import { errorChain } from "../base/errors.ts";
import { seekConsents } from "./consent.ts";
import { Coordinating } from "./coordinating.ts";
import { enterExpected } from "./entering.ts";
import { FirmwareVariables } from "./firmware-variables.ts";
import type { LocalState } from "./local-state.ts";
import { Membership } from "./membership.ts";
import { freeSlots } from "./move-slots.ts";
import { OwnVms } from "./own-vms.ts";
import type { ClusterParts } from "./parts.ts";
import { clusterTimes } from "./times.ts";
import { VolumeLoss } from "./volume-loss.ts";
import { VolumeWatch } from "./volume-watch.ts";

export class RunningCluster implements AsyncDisposable {
  readonly membership: Membership;
  readonly coordinating: Coordinating;
  readonly volumes: VolumeWatch;
  readonly #parts: ClusterParts;
  readonly #local: LocalState;
  readonly ownVms: OwnVms;
  readonly #variables: FirmwareVariables;
  readonly #stop = new AbortController();
  readonly #forgotten: () => void;
  readonly #looking: Promise<unknown>;
  /** Why the latest look failed; null when it did not. */
  #trouble: string | null = null;
  #wake: () => void = () => undefined;

  /** `forgotten`: the cluster does not know this host any more. */
  constructor(parts: ClusterParts, local: LocalState, forgotten: () => void) {
    this.#parts = parts;
    this.#local = local;
    this.#forgotten = forgotten;
    this.membership = new Membership(parts, local, () => this.#wake());
    this.ownVms = new OwnVms(parts, this.membership);
    this.#variables = new FirmwareVariables(parts, this.membership);
    this.coordinating = new Coordinating(parts, this.membership);
    this.volumes = new VolumeWatch(parts, this.membership);
    const loss = new VolumeLoss(parts, this.membership, this.volumes, this.ownVms);
    const { signal } = this.#stop;
    this.#looking = Promise.all([
      Promise.resolve().then(() => this.#goOn(signal)),
      this.volumes.run(signal, () => loss.act()),
      seekConsents(parts, this.membership, signal),
    ]);
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  /** This host leaves: nothing keeps its lease any more. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#looking;
    this.membership.keeper.stop();
    await this[Symbol.asyncDispose]();
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!(await this.#look())) return;
        this.#trouble = null;
      } catch (error) {
        const trouble = errorChain(error);
        if (trouble !== this.#trouble)
          this.#parts.log.warn({ reason: trouble }, "cannot look at the cluster");
        this.#trouble = trouble;
      }
      const { beatMs } = clusterTimes(this.#local.membership?.settings.leaseMs);
      const waking = new AbortController();
      this.#wake = () => waking.abort();
      await wait(beatMs, undefined, { signal: AbortSignal.any([signal, waking.signal]) }).catch(
        () => undefined,
      );
    }
  }

  /** @returns false when this host is in the cluster no longer. */
  async #look(): Promise<boolean> {
    const { membership, coordinating, volumes } = this;
    const { keeper, store, own } = membership;
    if (keeper.standing === "dead" && !(await membership.comeBack())) {
      this.#parts.log.error("the cluster does not know this host any more");
      this.#forgotten();
      return false;
    }
    const view = await store.own(own.host, coordinating.watches);
    if (view.cluster !== undefined) membership.learn({ settings: view.cluster.settings });
    if (keeper.standing === "held") {
      await this.ownVms.settle(view.owned);
      await enterExpected(this.#parts, membership);
      await this.#variables.keep();
    }
    await coordinating.look(view);
    if (own.settings.movesMax !== null) await freeSlots(membership, this.#parts.isMoving);
    await volumes.exchange(view);
    return true;
  }

  /** The keeper and etcd run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#looking;
    this.ownVms[Symbol.dispose]();
    await this.membership[Symbol.asyncDispose]();
  }
}
