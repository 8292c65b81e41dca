/** Counts what a move costs: bytes of the hosts' network interfaces, CPU seconds and memory of processes. */
import { readFile } from "node:fs/promises";
import type { LabHost } from "../lab/lab-host.ts";

/** The kernel's clock ticks in /proc, a constant of Linux's interface. */
const ticksPerSecond = 100;

/** Bytes that the host has sent over its wires since they were made. */
export async function sentBytes(host: LabHost, devices: readonly string[]): Promise<number> {
  const files = devices.map((device) => `/sys/class/net/${device}/statistics/tx_bytes`);
  // A namespace's devices are only in a /sys that was mounted in it.
  const script = `mount -t sysfs sysfs /sys && cat ${files.join(" ")}`;
  const { stdout } = await host.run(["unshare", "--mount", "sh", "-c", script]);
  return stdout
    .trim()
    .split("\n")
    .reduce((sum, line) => sum + Number(line), 0);
}

/** User and system time of a process with all its threads; 0 when it is gone. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0)) / ticksPerSecond;
}

export async function peakMemoryBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
