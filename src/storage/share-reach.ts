/**
 * Whether a share answers, asked before it is touched. One whose server is away holds for ever whoever touches it, and the threads that do the
 * agent's file work are few: moves compress on them too. So a process of its own looks first, and is left to its fate when it hangs.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { runProgram } from "../base/run-program.ts";
import { type Mount, mountIn } from "../host/mounts.ts";

/** A disk of a guest that waits for so long is in trouble as well. */
const answerMsMax = 5_000;
/** One that hangs for longer than that is given up, if the kernel lets go of it; then another may look. */
const lookMsMax = 60_000;
/** Checks and moves touch a pool often: one look serves all of a moment. */
const believedMs = 1_000;

const isNetwork = /^(?:nfs4?|cifs|smb3|ceph|9p|fuse(?:\..*)?)$/;

export interface PoolSpace {
  readonly totalBytes: number;
  /** What an unprivileged user may still write. */
  readonly freeBytes: number;
}

interface Look {
  readonly at: number;
  readonly answer: Promise<PoolSpace>;
  isOver: boolean;
}

export class ShareReach {
  /** By the directory of the mount. */
  readonly #looks = new Map<string, Look>();

  /**
   * Its space, as it is said in the look; undefined, at once, for what lies on this host's own file systems.
   * @param path Absolute and without links.
   * @throws FerryError `timeout` after five seconds for a share that does not answer, `system-refused` for one that answers with an error.
   */
  async require(pool: string, path: string): Promise<PoolSpace | undefined> {
    const mount = mountIn(await readFile("/proc/self/mountinfo", "utf8"), path);
    if (mount === undefined || !isNetwork.test(mount.type)) return undefined;
    const look = this.#look(mount.directory);
    const leftMs = look.at + answerMsMax - performance.now();
    const isLate = async (): Promise<never> => {
      await sleep(Math.max(0, leftMs), undefined, { ref: false });
      throw silent(pool, mount);
    };
    return await Promise.race([look.answer, isLate()]);
  }

  #look(directory: string): Look {
    const last = this.#looks.get(directory);
    const now = performance.now();
    if (last !== undefined && (!last.isOver || now - last.at < believedMs)) return last;
    const answer = spaceOf(directory);
    const look: Look = { at: now, answer, isOver: false };
    this.#looks.set(directory, look);
    answer
      .catch(() => this.#looks.delete(directory))
      .finally(() => {
        look.isOver = true;
      });
    return look;
  }
}

/** Block size, blocks, and those that an ordinary user may have. */
const wanted = "--format=%S %b %a";

async function spaceOf(directory: string): Promise<PoolSpace> {
  const options = { timeoutMs: lookMsMax, outputBytesMax: 4096 };
  const said = await runProgram("stat", ["--file-system", wanted, directory], options);
  const [size = 0, blocks = 0, available = 0] = said.trim().split(" ").map(Number);
  return { totalBytes: size * blocks, freeBytes: size * available };
}

function silent(pool: string, { source, directory }: Mount): FerryError {
  return new FerryError(
    "timeout",
    `Cannot use pool "${pool}": ${source || directory} has not answered for ${answerMsMax / 1000} s`,
    {
      remedy:
        "See whether its server runs and the network reaches it; VMs with disks there wait until it answers",
    },
  );
}
