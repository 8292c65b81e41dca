/** What the benchmark asks of whoever moves a guest: Ferry, QEMU alone, libvirt. */
import type { Lab } from "../../lab/lab.ts";
import type { MoveTimes } from "../sample.ts";

export type HostName = "host-a" | "host-b";

export interface Processes {
  /** Agents, or daemons, of both hosts. */
  readonly management: readonly number[];
  /** The guest's, where it runs now. */
  readonly qemu: number;
}

/** One guest in one mover's hands. It stays between moves, and goes to and fro. `How` is what varies between moves. */
export interface Mover<How> extends AsyncDisposable {
  /** The guest's, where the outside client finds it. */
  readonly address: string;
  /** Where the guest is now. */
  readonly at: HostName;
  processes(): Promise<Processes>;
  /** Stops the guest's CPUs while others are measured, and lets them go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** @throws MoveGivenUp when it takes longer than allowed; the guest is where it was, and runs. */
  move(how: How, withinMs: number): Promise<Moved>;
}

export interface Moved extends MoveTimes {
  /** Of both QEMUs, while the guest moved. */
  readonly qemuCpuSeconds: number;
}

export interface GuestPlace {
  readonly lab: Lab;
  readonly memoryMib: number;
}

export class MoveGivenUp extends Error {
  override readonly name = "MoveGivenUp";
}

export function otherHost(host: HostName): HostName {
  return host === "host-a" ? "host-b" : "host-a";
}
