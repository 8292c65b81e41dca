/**
 * One look at a volume as this host reaches it: what must be there is read, and this host's mark is made durable. In processes of their own, since a
 * share that hangs holds for ever whoever touches it; such a process is left to its fate, and nothing of the agent waits for it.
 */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { errorChain } from "../base/errors.ts";
import { runProgram } from "../base/run-program.ts";

export interface VolumePlace {
  /** The pool's directory here. */
  readonly path: string;
  /** What the volume's file must hold. */
  readonly token: string;
  /** Names this host's mark. */
  readonly host: string;
  /** What this host's mark shall hold. */
  readonly mark: string;
}

/** A disk of a guest that waits for so long is in trouble as well. */
export const answerMsMax = 5_000;

/** What is wrong with it, as a sentence's end; null when nothing is. Never throws, and always answers in time. */
export async function probeVolume({
  path,
  token,
  host,
  mark,
}: VolumePlace): Promise<string | null> {
  const late = wait(answerMsMax, "it does not answer", { ref: false });
  return await Promise.race([look(), late]);

  async function look(): Promise<string | null> {
    try {
      const options = { timeoutMs: answerMsMax, outputBytesMax: 4096 };
      const found = await runProgram("cat", [tokenFile(path)], options);
      if (found.trim() !== token) return "it is not the volume that the cluster knows";
      const write = [`of=${markFile(path, host)}`, "conv=fsync", "status=none"];
      await runProgram("dd", write, { ...options, input: mark });
      return null;
    } catch (error) {
      return errorChain(error).slice(0, 300);
    }
  }
}

export function tokenFile(path: string): string {
  return join(path, ".ferry-volume");
}

/** By the host's id: each writes its own, and the coordinator reads all. */
export function markFile(path: string, host: string): string {
  return join(path, `.ferry-volume-${host}`);
}

/** The marks as this host reads them; what can't be read is missing. */
export async function readMarks(
  path: string,
  hosts: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const options = { timeoutMs: answerMsMax, outputBytesMax: 4096 };
  const late = wait(answerMsMax, undefined, { ref: false });
  const read = hosts.map(async (host): Promise<[string, string][]> => {
    const asked = runProgram("cat", [markFile(path, host)], options).catch(() => undefined);
    const mark = await Promise.race([asked, late]);
    return mark === undefined ? [] : [[host, mark.trim()]];
  });
  return new Map((await Promise.all(read)).flat());
}
