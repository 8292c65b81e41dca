/** What this host is: its CPU, memory, kernel and load, as the API shows it and checks compare it. */
import { readFile } from "node:fs/promises";
import { arch, loadavg, release, uptime } from "node:os";

export interface CpuFacts {
  readonly vendor: string;
  readonly model: string;
  /** Logical CPUs. */
  readonly count: number;
  /** As the kernel names them, sorted. */
  readonly flags: readonly string[];
  readonly virtualization: "vmx" | "svm" | null;
}

export interface MemoryFacts {
  readonly totalBytes: number;
  /** What the kernel believes can be had without swapping. */
  readonly availableBytes: number;
}

export interface HostFacts {
  readonly kernel: string;
  readonly architecture: string;
  readonly uptimeSeconds: number;
  /** Runnable tasks, averaged over 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  readonly cpu: CpuFacts;
  readonly memory: MemoryFacts;
}

export async function readHostFacts(): Promise<HostFacts> {
  const [cpuinfo, meminfo] = await Promise.all([
    readFile("/proc/cpuinfo", "utf8"),
    readFile("/proc/meminfo", "utf8"),
  ]);
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    kernel: release(),
    architecture: arch(),
    uptimeSeconds: Math.floor(uptime()),
    load: [one, five, fifteen],
    cpu: parseCpuinfo(cpuinfo),
    memory: parseMeminfo(meminfo),
  };
}

export function parseCpuinfo(text: string): CpuFacts {
  const value = (key: string) => new RegExp(`^${key}\\s*:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
  const flags = value("flags").split(" ").filter(Boolean).sort();
  return {
    vendor: value("vendor_id"),
    model: value("model name"),
    count: text.match(/^processor\s*:/gm)?.length ?? 1,
    flags,
    virtualization: flags.includes("vmx") ? "vmx" : flags.includes("svm") ? "svm" : null,
  };
}

export function parseMeminfo(text: string): MemoryFacts {
  const bytes = (key: string) =>
    Number(new RegExp(`^${key}:\\s*(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
  return { totalBytes: bytes("MemTotal"), availableBytes: bytes("MemAvailable") };
}
