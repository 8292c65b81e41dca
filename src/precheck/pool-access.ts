/** What this host and its QEMU may do in a pool that is said to be shared. Opens for reading only; changes nothing. */
import { constants, open } from "node:fs/promises";
import { mountOf } from "../host/mounts.ts";
import type { QemuUser } from "../qemu/user.ts";
import { mayOpen } from "../qemu/user-access.ts";
import { type NameLock, proveExclusive } from "../storage/shared-proof.ts";
import type { HostFacts } from "./facts.ts";

type PoolFacts = NonNullable<HostFacts["pools"][string]>;
type Access = Pick<PoolFacts, "mount" | "lock" | "refused" | "directError">;

export interface AccessQuestion {
  /** The pool's directory. */
  readonly path: string;
  /** Of the proof that the source holds there; null when this host does not see it. */
  readonly nonce: string | null;
  readonly user: QemuUser;
  /** Of the VM's files in the pool: those that are there. */
  readonly files: readonly {
    readonly file: string;
    readonly path: string;
    readonly writes: boolean;
    /** Whether QEMU opens it with O_DIRECT. */
    readonly direct: boolean;
  }[];
}

export async function poolAccess({ path, nonce, user, files }: AccessQuestion): Promise<Access> {
  const mount = await mountOf(path);
  const lock: NameLock | undefined =
    nonce === null ? undefined : await proveExclusive(path, nonce).catch(() => undefined);
  const direct = files.find((file) => file.direct);
  return {
    ...(mount !== undefined && {
      mount: { type: mount.type, source: mount.source, options: mount.options.slice(0, 64) },
    }),
    ...(lock !== undefined && { lock }),
    refused: await refusedTo(user, files),
    directError: direct === undefined ? null : await directError(direct.path),
  };
}

/** One question about all of them, since nearly always all may be used; about each only where not. */
async function refusedTo(user: QemuUser, files: AccessQuestion["files"]): Promise<string[]> {
  if (files.length === 0 || (await mayOpen(user, files)) !== false) return [];
  const allowed = await Promise.all(files.map((file) => mayOpen(user, [file])));
  // Where the question itself fails, the start will tell; it is no finding about the file.
  return files.filter((_, index) => allowed[index] === false).map(({ file }) => file);
}

async function directError(path: string): Promise<string | null> {
  try {
    await (await open(path, constants.O_RDONLY | constants.O_DIRECT)).close();
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EINVAL"
      ? "Invalid argument (O_DIRECT)"
      : null;
  }
}
