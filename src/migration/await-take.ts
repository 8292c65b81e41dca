/**
 * A target that is *ready* waits for the source's word. It may come over the session, over the peer API (`sourceWord`), or, when
 * neither reaches us, be read from the source's journal. Nothing else may let the guest run or end the skeleton: a source
 * that can't be reached may have handed over just before.
 */
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import type { JournalKind } from "./journal-record.ts";
import type { TargetMove } from "./stage.ts";

export type TakeVerdict = "take" | "discard" | "ask again";

/** What a ready target does about the last record of the source's journal. Pure. */
export function verdictOf(sourceLast: JournalKind | null): TakeVerdict {
  switch (sourceLast) {
    case "handed-over":
    case "taken":
      return "take";
    case "rolled-back":
    case "finished": // a source finishes only after the target confirmed, which this one never did
      return "discard";
    default:
      return "ask again";
  }
}

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
    const verdict = await ask(move);
    if (verdict === "take") return;
    if (verdict === "discard") {
      throw new FerryError(
        "cancelled",
        `Cannot take VM "${move.definition.name}": the source took the move back`,
      );
    }
    await wait(move.limits.takeRetryMs);
  }
}

async function ask(move: TargetMove): Promise<TakeVerdict> {
  try {
    return verdictOf((await move.peers.status(move.peer, move.id)).last);
  } catch (error) {
    move.log.warn({ reason: errorChain(error) }, "the source does not answer; the skeleton waits");
    return "ask again";
  }
}
