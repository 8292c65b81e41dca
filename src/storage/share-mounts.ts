/**
 * Mounts the shares of pools: when a pool is made, when the agent starts, and again when one is found away. A mount
 * outlives the agent, since VMs use it.
 */
import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { ProgramFailure, runProgram } from "../base/run-program.ts";
import { mountAt } from "../host/mounts.ts";
import { writeSecretFile } from "../trust/atomic-file.ts";
import {
  credentialsText,
  mountArguments,
  mountTrouble,
  type Share,
  type ShareOwner,
  sourceOf,
} from "./share.ts";

const soonMs = 15_000;

export interface ShareMountPlaces {
  /** The agent's state directory: credentials lie there. */
  readonly state: string;
  /** The agent's run directory, which QEMU's user may pass through: shares are mounted there. */
  readonly run: string;
  readonly owner: () => Promise<ShareOwner>;
}

export class ShareMounts {
  readonly #places: ShareMountPlaces;
  /** One attempt at a time for each pool: two would mount it twice, one above the other. */
  readonly #attempts = new Map<string, Promise<void>>();

  constructor(places: ShareMountPlaces) {
    this.#places = places;
  }

  /** Where the share of the pool of this name is mounted. */
  directoryOf(pool: string): string {
    return join(this.#places.run, "pools", pool);
  }

  /** Keeps the password for later mounts, readable by root alone. Nothing for a guest of an SMB server or for NFS. */
  async keepPassword(pool: string, share: Share, password: string | undefined): Promise<void> {
    if (share.kind !== "smb" || share.smb.user === undefined) return;
    await mkdir(this.#credentials, { recursive: true, mode: 0o700 });
    writeSecretFile(this.#credentialsOf(pool), credentialsText(share.smb, password ?? ""));
  }

  /**
   * Mounts the share if it is not mounted; resolves when it is.
   * @throws FerryError `system-refused`, `timeout`, `missing-program` with what mount(8) found.
   */
  async ensure(pool: string, share: Share): Promise<void> {
    const running = this.#attempts.get(pool);
    if (running !== undefined) return running;
    const attempt = this.#mount(pool, share).finally(() => this.#attempts.delete(pool));
    this.#attempts.set(pool, attempt);
    return attempt;
  }

  /**
   * As `ensure`, for those who can do without the pool: a server that is away keeps mount(8) busy for long, and the attempt goes on.
   * @throws FerryError `timeout` after fifteen seconds, else as `ensure`.
   */
  async ensureSoon(pool: string, share: Share): Promise<void> {
    const isLate = async (): Promise<never> => {
      await sleep(soonMs, undefined, { ref: false });
      throw new FerryError(
        "timeout",
        `Cannot use pool "${pool}": ${sourceOf(share)} is not mounted yet after ${soonMs / 1000} s`,
        { remedy: "See whether its server runs and the network reaches it, then try again" },
      );
    };
    await Promise.race([this.ensure(pool, share), isLate()]);
  }

  /** Unmounts it and forgets its password. @throws FerryError `in-use` while anything uses the mount. */
  async remove(pool: string): Promise<void> {
    await this.unmount(pool);
    await rm(this.#credentialsOf(pool), { force: true });
  }

  async unmount(pool: string): Promise<void> {
    const directory = this.directoryOf(pool);
    if ((await mountAt(directory)) !== undefined) {
      await runProgram("umount", [directory]).catch((cause: unknown) => {
        throw new FerryError("in-use", `Cannot unmount "${directory}" of pool "${pool}"`, {
          remedy: `End what uses it (fuser -vm ${directory} lists it), then try again`,
          cause,
        });
      });
    }
    await rmdir(directory).catch(() => undefined);
  }

  async #mount(pool: string, share: Share): Promise<void> {
    const directory = this.directoryOf(pool);
    if ((await mountAt(directory)) !== undefined) return;
    await mkdir(directory, { recursive: true, mode: 0o711 });
    const owner = await this.#places.owner();
    const args = mountArguments(share, directory, {
      owner,
      credentials: this.#credentialsOf(pool),
    });
    try {
      await runProgram("mount", args);
    } catch (error) {
      await rmdir(directory).catch(() => undefined);
      throw explain(pool, share, error);
    }
  }

  get #credentials(): string {
    return join(this.#places.state, "share-credentials");
  }

  #credentialsOf(pool: string): string {
    return join(this.#credentials, pool);
  }
}

function explain(pool: string, share: Share, error: unknown): unknown {
  const failure = error instanceof FerryError ? error.cause : undefined;
  if (!(failure instanceof ProgramFailure)) return error;
  const { says, remedy } = mountTrouble(share, failure.stderr);
  const what = `Cannot mount ${sourceOf(share)} for pool "${pool}": ${says}`;
  return new FerryError("system-refused", what, { remedy, cause: error });
}
