/**
 * A target that is *ready* waits for the source's word. It may come over the session, over the peer API (`sourceWord`), or, when
 * neither reaches us, be read from the source's journal. Nothing else may let the guest run or end the skeleton: a source
 * that can't be reached may have handed over just before.
 */
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import { standingOf } from "./journal-record.ts";
import type { PeerStatus } from "./peer-link.ts";
import { type RecoveryFacts, recordThere } from "./recovery-facts.ts";
import { decideRecovery } from "./recovery.ts";
import type { TargetMove } from "./stage.ts";

/** Returns when the VM is this host's to take. @throws FerryError `cancelled` when the source rolled back. */
export async function awaitTake(move: TargetMove): Promise<void> {
  const settled = new AbortController();
  const fromSession = move.session.receive("take", { signal: settled.signal });
  try {
    const over = await Promise.race([
      fromSession.then(
        () => true,
        () => false, // abandoned or broken: the source's journal knows
      ),
      move.sourceWord.then((word) => word === "take"),
    ]);
    if (over) return;
    await askSource(move);
  } finally {
    settled.abort();
    fromSession.catch(() => undefined); // settled above
  }
}

async function askSource(move: TargetMove): Promise<void> {
  for (;;) {
    move.stopping.throwIfAborted();
    const { decision } = decideRecovery(await look(move));
    if (decision === "take") return;
    if (decision === "discard") {
      throw new FerryError(
        "cancelled",
        `Cannot take VM "${move.definition.name}": the source took the move back`,
      );
    }
    if (!decision.startsWith("wait")) throw notMine(move, decision);
    await wait(move.limits.takeRetryMs, undefined, { signal: move.stopping });
  }
}

async function look(move: TargetMove): Promise<RecoveryFacts> {
  const { id, peer, vms, owners, definition, generation, host, passage } = move;
  const question = { vm: definition.id, generation, source: peer, target: host, passage };
  const [status, owner, qemuHere] = await Promise.all([
    ask(move),
    owners.owner(question),
    vms.qemuState(definition.id),
  ]);
  return {
    ...{ here: standingOf(move.journal.of(id)) ?? "ready", qemuHere, owner },
    there: status === undefined ? "silent" : recordThere(status.last),
    qemuThere: status?.qemu ?? "unknown",
  };
}

async function ask(move: TargetMove): Promise<PeerStatus | undefined> {
  try {
    return await move.peers.status(move.peer, move.id);
  } catch (error) {
    move.log.warn({ reason: errorChain(error) }, "the source does not answer; the skeleton waits");
    return undefined;
  }
}

/** A person's word, or a contradiction: recovery-run.ts goes on with it. */
function notMine({ definition }: TargetMove, decision: string): FerryError {
  return new FerryError(
    "migration-unresolved",
    `VM "${definition.name}" is ready here and was not taken: ${decision}`,
    { remedy: "docs/recovery.md says how to go on" },
  );
}
