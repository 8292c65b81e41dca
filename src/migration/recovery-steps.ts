/** Carries out one decision of recovery.ts on this host. Every step may be repeated: what it does first is what it finds done then. */
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import { invariant } from "../base/invariant.ts";
import { announce } from "../network/announce.ts";
import { isInPostCopy } from "../qemu/end-post-copy.ts";
import { guestRuns } from "../qemu/migration.ts";
import { clearMirrors } from "../qemu/mirror.ts";
import { markHandedOver, reclaimOwnership } from "../vm/registry.ts";
import type { VmProcess } from "../vm/vm-host.ts";
import { endMigration } from "./end-migration.ts";
import { removeGivenFiles, removeLeftDisks, removeMadeFiles } from "./moved-files.ts";
import type { Decision, Recovery, RecoveryFacts } from "./recovery-facts.ts";
import type { OpenMigration, RecoveryParts } from "./recovery-parts.ts";
import { sendMissingPages } from "./post-copy-source.ts";
import { takeOwnership } from "./take-ownership.ts";

/** An agent that starts must not keep its doors shut for a host that is gone. */
const tellOffMsMax = 2_000;

/** `again`: look at once; `wait`: look later; `over`: this host's journal is closed. */
export type StepOutcome = "again" | "wait" | "over";

type Step = (open: OpenMigration, facts: RecoveryFacts, why: string) => Promise<StepOutcome>;

export class RecoverySteps {
  readonly #parts: RecoveryParts;
  /** Migrations whose missing pages are being sent. */
  readonly #sending = new Set<string>();
  readonly #steps: Readonly<Record<Decision, Step>> = {
    "run on source": (open, facts) => this.#keepOnSource(open, facts),
    "keep on source": (open, facts) => this.#keepOnSource(open, facts),
    "hand over": async (open) => this.#handOver(open),
    "take back": async (open) => this.#takeBack(open),
    "insist on take": (open) => this.#insist(open),
    "remove the remains": (open, facts) => this.#removeRemains(open, facts),
    take: (open) => this.#take(open),
    "finish on target": (open) => this.#finishOnTarget(open),
    "keep on target": async (open) => this.#keepOnTarget(open),
    discard: (open) => this.#discard(open),
    hold: (open, facts) => this.#hold(open, facts),
    "give way": (open) => this.#giveWay(open),
    "wait for the peer": async () => "wait",
    "wait for the owner record": async () => "wait",
    "ask a person": async (open, _, why) => this.#askPerson(open, why),
    finish: async (open, { here }) =>
      here === "discarded" ? this.#closeDiscarded(open) : this.#finish(open.id),
  };

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  async carryOut(
    { decision, why }: Recovery,
    open: OpenMigration,
    facts: RecoveryFacts,
  ): Promise<StepOutcome> {
    return await this.#steps[decision](open, facts, why);
  }

  async #keepOnSource(open: OpenMigration, { here }: RecoveryFacts): Promise<StepOutcome> {
    const { journal, vms, limits, ended } = this.#parts;
    if (here !== "rolled-back") {
      const reason = "The agent was restarted during the move";
      journal.append(open.id, { kind: "rolled-back", reason });
    }
    const process = vms.process(open.vm);
    if (process !== undefined) {
      const { qmp } = process;
      await endMigration(process, limits.setupTimeoutMs);
      await clearMirrors(qmp, limits.setupTimeoutMs);
      if (open.run && !(await guestRuns(qmp))) await vms.resumeOwned(open.vm);
      await vms.insertMedia(open.vm); // a move may have ejected them
    }
    if (vms.find(open.vm) !== undefined) vms.releaseFromMigration(open.vm);
    // Whoever sees the move end may begin another at once, into the places that this one took on the target.
    await Promise.race([this.#tellOff(open), wait(tellOffMsMax, undefined, { ref: false })]);
    this.#finish(open.id);
    ended(open.id, "failed", interrupted("the VM stays on this host"));
    return "over";
  }

  #handOver({ id, vm, generation: before }: OpenMigration): StepOutcome {
    const generation = before + 1;
    this.#parts.journal.append(id, { kind: "handed-over", generation }, (database) =>
      markHandedOver(database, vm, generation),
    );
    this.#parts.vms.refresh(vm);
    return "again";
  }

  #takeBack({ id, vm, generation: before }: OpenMigration): StepOutcome {
    const generation = before + 2;
    const by = "the owner's record";
    this.#parts.journal.append(id, { kind: "reclaimed", generation, by }, (database) =>
      reclaimOwnership(database, vm, generation),
    );
    this.#parts.vms.refresh(vm);
    return "again";
  }

  async #insist({ peer, id, generation }: OpenMigration): Promise<StepOutcome> {
    const { last } = await this.#parts.peers.take(peer, id, generation + 1);
    return last === "ready" ? "wait" : "again";
  }

  async #removeRemains(open: OpenMigration, { here }: RecoveryFacts): Promise<StepOutcome> {
    const { vms, journal, ended } = this.#parts;
    if (here !== "taken") {
      journal.append(open.id, { kind: "taken", generation: open.generation + 1 });
    }
    const process = vms.process(open.vm);
    if (process !== undefined && (await isInPostCopy(process.qmp))) {
      this.#sendMissingPages(open, process);
      return "wait";
    }
    await vms.removeAfterHandover(open.vm);
    await removeLeftDisks({ ...open, journal, vms });
    this.#finish(open.id);
    ended(open.id, "completed");
    return "over";
  }

  /** Beside the looking, which goes on: the agent must open its doors meanwhile. */
  #sendMissingPages({ id, vm: vmId, peer, generation }: OpenMigration, process: VmProcess): void {
    if (this.#sending.has(id)) return;
    const { vms, peers, limits, stopping } = this.#parts;
    const log = this.#parts.log.child({ migration: id });
    const nobody = (): void => {}; // its record has ended with the agent that kept it
    this.#sending.add(id);
    sendMissingPages({
      ...{
        id,
        vm: vms.get(vmId).definition,
        generation,
        peer,
        process,
        peers,
        limits,
        stopping,
        log,
      },
      ...{ session: undefined, progress: nobody, waiting: nobody },
    })
      .catch((error: unknown) => log.error({ reason: errorChain(error) }, "cannot send pages"))
      .finally(() => this.#sending.delete(id));
  }

  async #take(open: OpenMigration): Promise<StepOutcome> {
    const { journal, vms } = this.#parts;
    await takeOwnership({ ...open, definition: { id: open.vm }, journal, vms });
    return "again";
  }

  async #finishOnTarget(open: OpenMigration): Promise<StepOutcome> {
    const { vms, log, switches, ended } = this.#parts;
    const process = vms.process(open.vm);
    if (process === undefined) return "again"; // it ended since it was looked at
    if (open.run && !(await guestRuns(process.qmp))) await vms.resumeOwned(open.vm);
    await announce(vms.get(open.vm).definition, process, switches, log);
    // Until its last page is here nothing else may be done with the VM.
    if (await isInPostCopy(process.qmp)) return "wait";
    vms.releaseFromMigration(open.vm);
    this.#finish(open.id);
    ended(open.id, "completed");
    return "over";
  }

  #keepOnTarget(open: OpenMigration): StepOutcome {
    const { vms, ended } = this.#parts;
    const name = vms.find(open.vm)?.definition.name ?? open.vm;
    vms.releaseFromMigration(open.vm);
    this.#finish(open.id);
    const why = new FerryError(
      "qemu-failed",
      `The move gave VM "${name}" to this host, whose QEMU ended with the guest's memory`,
      { remedy: `Start it here: ferry vm start ${name}` },
    );
    ended(open.id, "failed", why);
    return "over";
  }

  async #discard(open: OpenMigration): Promise<StepOutcome> {
    const { journal, vms } = this.#parts;
    await vms.discardIncoming(open.vm);
    await removeMadeFiles({ ...open, journal, vms });
    journal.append(open.id, { kind: "discarded" });
    return this.#closeDiscarded(open);
  }

  #closeDiscarded(open: OpenMigration): StepOutcome {
    const { id, role, vm, peer } = open;
    this.#finish(id);
    const why = role === "target" ? interrupted("the VM stays on the source") : gaveWay(vm, peer);
    this.#parts.ended(id, "failed", why);
    void this.#tellOff(open);
    return "over";
  }

  /** The guest first: it has stood still for long enough. */
  async #hold(open: OpenMigration, { here }: RecoveryFacts): Promise<StepOutcome> {
    const { vms, peers, ended } = this.#parts;
    const vm = vms.find(open.vm);
    if (vm?.migration === open.id) {
      const qmp = vms.process(open.vm)?.qmp;
      if (qmp !== undefined && open.run && !(await guestRuns(qmp))) await vms.resumeOwned(open.vm);
      vms.releaseFromMigration(open.vm);
    }
    const why =
      here === "reclaimed" ? takenBack(vm?.definition.name ?? open.vm, open.peer) : undefined;
    ended(open.id, why === undefined ? "completed" : "failed", why);
    const { last } = await peers.disown(open.peer, open.id, open.generation + 2);
    const isGone = last === null || ["discarded", "taken", "finished"].includes(last);
    // A guest that was paused all along stays so.
    return isGone ? this.#finish(open.id) : "wait";
  }

  async #giveWay(open: OpenMigration): Promise<StepOutcome> {
    const { vms, journal, ended } = this.#parts;
    const vm = vms.find(open.vm);
    // A VM that came here since then is another copy, by a newer word.
    if (vm !== undefined && vm.generation <= open.generation + 1) {
      await vms.destroyCopy(open.vm);
    }
    if (open.role === "source") await removeGivenFiles({ ...open, journal, vms });
    else if (vms.find(open.vm) === undefined) await removeMadeFiles({ ...open, journal, vms });
    journal.append(open.id, { kind: "discarded" });
    this.#finish(open.id);
    ended(open.id, "failed", gaveWay(vm?.definition.name ?? open.vm, open.peer));
    return "over";
  }

  #askPerson({ id, vm, peer }: OpenMigration, why: string): StepOutcome {
    const name = this.#parts.vms.find(vm)?.definition.name ?? vm;
    const error = new FerryError(
      "migration-unresolved",
      `Cannot finish the move of VM "${name}" with host "${peer}": ${why}`,
      { remedy: "docs/recovery.md says which runbook is about this" },
    );
    this.#parts.ended(id, "unresolved", error);
    return "wait";
  }

  #finish(id: string): StepOutcome {
    const { journal, faults } = this.#parts;
    if (faults.repeats(`recovery-finish ${id}`)) {
      throw new FerryError("migration-failed", `Cannot close the journal of "${id}": rehearsed`);
    }
    if (journal.of(id).at(-1)?.record.kind !== "finished") journal.append(id, { kind: "finished" });
    invariant(!journal.open().includes(id), `the journal of migration ${id} is closed`);
    return "over";
  }

  /**
   * The other host need not wait for a session that will not come back; if it does not hear this, it asks. Resolves when
   * its half is gone, or it could not be told.
   */
  async #tellOff({ peer, id }: OpenMigration): Promise<void> {
    await this.#parts.peers.discard(peer, id).catch((error: unknown) => {
      this.#parts.log.warn(
        { migration: id, reason: errorChain(error) },
        "cannot tell that the move is off",
      );
    });
  }
}

function interrupted(where: string): FerryError {
  return new FerryError("migration-failed", `The agent was restarted during the move: ${where}`, {
    remedy: "Move the VM again",
  });
}

function takenBack(name: string, peer: string): FerryError {
  return new FerryError(
    "migration-failed",
    `VM "${name}" was taken back by a person's word that host "${peer}" is dead`,
    { remedy: "It runs on the source; move it again, to another host or when that one is back" },
  );
}

function gaveWay(name: string, peer: string): FerryError {
  return new FerryError(
    "migration-failed",
    `This host's copy of VM "${name}" was destroyed: by a person's word host "${peer}" has the VM`,
  );
}
