/** What the cases have in common: two whole hosts with the package, one domain, a guest's kernel, and servers with shares. */
import { setTimeout as sleep } from "node:timers/promises";
import type { HostLab } from "../../lab/hosts/host-lab.ts";
import type { OutsideClient } from "../../lab/client/outside-client.ts";
import type { Shell } from "../../lab/hosts/shell.ts";
import type { Served } from "./served.ts";

/** One long limit for all that is waited for: emulated hosts are slow, and a busy machine makes them slower. */
export const patienceMs = 15 * 60_000;
/** Each look starts a program on a host that is slow at it, and has better things to do. */
const lookEveryMs = 10_000;

export interface Site {
  readonly lab: HostLab;
  readonly a: Shell;
  readonly b: Shell;
  /** On this machine, in the hosts' network. */
  readonly client: OutsideClient;
  /** The server of the share that most cases use. */
  readonly smb: Served;
  readonly nfs: Served;
  /** The package, a path on this machine. */
  readonly packageFile: string;
  readonly patienceMs: number;
}

/** Runs the command until it says what is wanted; what it said last is in the error. */
export async function until(host: Shell, command: string, wanted: RegExp): Promise<string> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { stdout, stderr } = await host.try(command);
    if (wanted.test(stdout)) return stdout;
    if (performance.now() > deadline) {
      throw new Error(`"${command}" never said ${String(wanted)}: ${stdout}${stderr}`);
    }
    await sleep(lookEveryMs);
  }
}

/** Any host may be asked where a VM runs. */
export async function runsOn(asked: Shell, vm: string, host: string): Promise<void> {
  await until(asked, "ferry vm list", new RegExp(`^${vm} +running +${host}\\b`, "m"));
}

/** Memory of the VM's move crosses. */
export async function copiesMemory(asked: Shell, vm: string): Promise<void> {
  await until(asked, `ferry migration show ${vm} --json`, /"progress": ?\{/);
}

/** The command must fail, and say why. */
export async function refused(host: Shell, command: string, wanted: RegExp): Promise<void> {
  const { exitCode, stdout, stderr } = await host.try(command);
  const said = `${stdout}${stderr}`;
  if (exitCode === 0) throw new Error(`"${command}" was not refused: ${said}`);
  if (!wanted.test(said)) throw new Error(`"${command}" did not say ${String(wanted)}: ${said}`);
}

/** The newest move of a VM, as the domain's history has it. */
export async function lastMove(host: Shell, vm: string): Promise<MoveRecord> {
  return JSON.parse(await host.run(`ferry migration show ${vm} --json`)) as MoveRecord;
}

export interface MoveRecord {
  readonly id: string;
  readonly state: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly blackout: { readonly totalMs: number } | null;
}
