/**
 * The end of what a guest wrote to its serial port goes along with it: who opens its console after the move sees what came before.
 * Nothing depends on it, and it crosses when the guest runs on the target already.
 */
import { FerryError } from "../base/errors.ts";
import type { SourceMove, TargetMove } from "./stage.ts";
import { sessionOf } from "./past-setup.ts";

/** From which protocol version on agents know the message. */
const knownSince = 3;
/** It is under way already; what takes longer has gone wrong. */
const arrivalMsMax = 5_000;

export function sendSerialLog(move: SourceMove): void {
  const session = sessionOf(move);
  if (session.version < knownSince || session.isOver) return;
  const log = move.serialLogs?.find(move.definition.id);
  const bytes = log?.read(Number.NEGATIVE_INFINITY).bytes ?? Buffer.alloc(0);
  session.send({
    type: "serial-log",
    ...{ log: log?.id ?? null, length: log?.end ?? 0, bytes: bytes.toString("base64") },
  });
}

export async function takeSerialLog(move: TargetMove): Promise<void> {
  const { session, definition, serialLogs } = move;
  if (session.version < knownSince) return;
  try {
    const said = await session.receive("serial-log", { timeoutMs: arrivalMsMax });
    const bytes = Buffer.from(said.bytes, "base64");
    if (said.log !== null) serialLogs?.find(definition.id)?.precede(said.log, bytes, said.length);
  } catch (error) {
    move.log.warn({ error: FerryError.from(error).message }, "the serial log did not come along");
  }
}
