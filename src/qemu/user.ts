/** Whom QEMU runs as. */
import { FerryError } from "../base/errors.ts";
import { runProgram } from "../base/run-program.ts";
import type { Accelerator } from "./cpu-model.ts";

export interface QemuUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The configured user and, where KVM is used, the group that may open /dev/kvm; otherwise the user's own group. Null:
 * the agent's own user.
 * @throws FerryError `system-refused` when the user does not exist, `unsupported` when the agent may not become it.
 */
export async function qemuUser(name: string | null, accelerator: Accelerator): Promise<QemuUser> {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (name === null) return own;
  const user = await lookUp(name);
  if (user.uid === own.uid) return own;
  if (own.uid !== 0) {
    throw new FerryError(
      "unsupported",
      `Cannot run QEMU as user "${name}": the agent is not root`,
      {
        remedy: "Run the agent as root, or set qemu.user to null in the configuration",
      },
    );
  }
  const kvmGroup = accelerator === "kvm" ? await groupId("kvm") : undefined;
  return { uid: user.uid, gid: kvmGroup ?? user.gid };
}

/** Each question is a program, and every check, start and move asks; a user is not given another number every minute. */
const rememberMs = 60_000;
const remembered = new Map<string, { readonly at: number; readonly entry: Promise<string> }>();

/** @throws as `runProgram`; what failed is asked again. */
async function lookIn(database: "passwd" | "group", name: string): Promise<string> {
  const key = `${database} ${name}`;
  const known = remembered.get(key);
  if (known !== undefined && performance.now() - known.at < rememberMs) return await known.entry;
  const entry = runProgram("getent", [database, name]);
  remembered.set(key, { at: performance.now(), entry });
  entry.catch(() => remembered.delete(key));
  return await entry;
}

async function lookUp(name: string): Promise<QemuUser> {
  const entry = await lookIn("passwd", name).catch((cause: unknown) => {
    throw new FerryError(
      "system-refused",
      `Cannot run QEMU as user "${name}": there is no such user`,
      {
        remedy: `Create it: useradd --system --no-create-home --shell /usr/sbin/nologin ${name}`,
        cause,
      },
    );
  });
  const [, , uid, gid] = entry.trim().split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

async function groupId(name: string): Promise<number | undefined> {
  const entry = await lookIn("group", name).catch(() => undefined);
  return entry === undefined ? undefined : Number(entry.trim().split(":")[2]);
}
