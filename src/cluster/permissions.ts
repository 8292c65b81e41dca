/**
 * Whether a VM may run on this host now, asked before every start and every `cont` (src/vm/run.ts). One that is the cluster's may only while the
 * lease is held, and only as this incarnation's. Whether one that comes by a move is the cluster's is asked while it comes: not in the blackout.
 */
import { errorChain, FerryError } from "../base/errors.ts";
import type { LocalState } from "./local-state.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";

export class Permissions implements Disposable {
  readonly #parts: ClusterParts;
  readonly #local: LocalState;
  readonly #membership: () => Membership | undefined;
  readonly #coming = new Map<string, Promise<void>>();
  readonly #stopListening: () => void;

  constructor(parts: ClusterParts, local: LocalState, membership: () => Membership | undefined) {
    this.#parts = parts;
    this.#local = local;
    this.#membership = membership;
    this.#stopListening = parts.vms.onChange(({ kind, id, record }) => {
      if (kind === "created" && record?.ownership === "incoming") this.#expect(id);
      if (kind === "deleted") this.#coming.delete(id);
    });
  }

  /** @throws FerryError `conflict` with the reason why not, `busy` while it is not known. */
  async require(vm: string): Promise<void> {
    const own = this.#local.membership;
    if (own === undefined) return;
    await this.#coming.get(vm);
    const incarnation = this.#local.incarnationOf(vm);
    if (incarnation === undefined) return;
    const name = this.#parts.vms.find(vm)?.definition.name ?? vm;
    if (this.#membership()?.keeper.mayRun !== true) {
      throw new FerryError(
        "conflict",
        `Cannot let VM "${name}" run: this host does not hold its lease in cluster "${own.name}"`,
        { remedy: "Another host may have the VM by now; see why: ferry cluster status" },
      );
    }
    if (incarnation === own.incarnation) return;
    throw new FerryError(
      "busy",
      `Cannot let VM "${name}" run: the cluster is being asked whose it is`,
      {
        remedy: "Try again in a few seconds",
      },
    );
  }

  #expect(id: string): void {
    const membership = this.#membership();
    if (membership === undefined) return;
    const { store, own } = membership;
    const known = store.vm(id).then(
      (record) => {
        if (record !== undefined && !record.left) this.#local.guard(id, own.incarnation);
      },
      (error: unknown) => {
        // Guarded rather than not: with the lease held it may run all the same, and the next look settles it.
        const reason = errorChain(error);
        this.#parts.log.warn({ vm: id, reason }, "whether a VM is the cluster's is not known");
        this.#local.guard(id, own.incarnation);
      },
    );
    this.#coming.set(id, known);
  }

  [Symbol.dispose](): void {
    this.#stopListening();
  }
}
