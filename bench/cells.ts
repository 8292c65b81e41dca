/**
 * What is measured: subjects that move a guest, what the guest does meanwhile, and the links between the hosts. A cell is one
 * of each. Pure data; a newcomer adds a row and its file.
 */
import type { PerformanceOption } from "./sample.ts";

/** QEMU's own migration parameters and capabilities, as its documents advise for the case. */
export interface QemuTuning {
  readonly capabilities: readonly string[];
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Encrypted, as Ferry always is and QEMU where it is told to. */
  readonly tls?: boolean;
}

export type Subject = { readonly name: string } & (
  | { readonly kind: "ferry"; readonly performance: PerformanceOption }
  | { readonly kind: "qemu"; readonly tuning: QemuTuning }
  | { readonly kind: "libvirt"; readonly arguments: readonly string[] }
);

/** As much as the wire takes; QEMU's default is 128 MiB/s. */
const unlimited = { "max-bandwidth": 2 ** 40 };
/** The blackout limit that Ferry starts with, so that gaps can be compared. */
const shortBlackout = { "downtime-limit": 20 };
const tuned = { ...unlimited, ...shortBlackout };

export const subjects: readonly Subject[] = [
  { name: "ferry tcp", kind: "ferry", performance: "tcp" },
  { name: "ferry compression", kind: "ferry", performance: "compression" },
  { name: "ferry multichannel", kind: "ferry", performance: "multichannel" },
  { name: "qemu default", kind: "qemu", tuning: { capabilities: [], parameters: {} } },
  {
    name: "qemu plain",
    kind: "qemu",
    tuning: { capabilities: ["return-path"], parameters: tuned },
  },
  {
    name: "qemu multifd",
    kind: "qemu",
    tuning: {
      capabilities: ["return-path", "multifd"],
      parameters: { ...tuned, "multifd-channels": 2 },
    },
  },
  {
    name: "qemu multifd+zstd",
    kind: "qemu",
    tuning: {
      capabilities: ["return-path", "multifd"],
      parameters: { ...tuned, "multifd-channels": 2, "multifd-compression": "zstd" },
    },
  },
  {
    name: "qemu multifd+tls",
    kind: "qemu",
    tuning: {
      capabilities: ["return-path", "multifd"],
      parameters: { ...tuned, "multifd-channels": 2 },
      tls: true,
    },
  },
  {
    name: "qemu multifd+zstd+tls",
    kind: "qemu",
    tuning: {
      capabilities: ["return-path", "multifd"],
      parameters: { ...tuned, "multifd-channels": 2, "multifd-compression": "zstd" },
      tls: true,
    },
  },
  {
    name: "qemu xbzrle",
    kind: "qemu",
    tuning: {
      capabilities: ["return-path", "xbzrle"],
      parameters: { ...tuned, "xbzrle-cache-size": 256 * 2 ** 20 },
    },
  },
  { name: "libvirt default", kind: "libvirt", arguments: [] },
];

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly memoryMib: number;
}

export const workloads = [
  { name: "idle", title: "an idle Linux with its services", memoryMib: 1024 },
  {
    name: "redis",
    title: "redis with 160 MB of JSON-like values, 400 of 2 KB written a second",
    memoryMib: 1024,
  },
  {
    name: "counters",
    title:
      "redis with 48 MB that do not compress, 10,000 times a second a few bytes of them changed",
    memoryMib: 1024,
  },
  { name: "page-cache", title: "300 MB of Debian's programs in the page cache", memoryMib: 1024 },
  { name: "writer", title: "stress-ng rewriting 32 MB without a pause", memoryMib: 1024 },
  { name: "incompressible", title: "400 MB of random bytes in memory", memoryMib: 1024 },
  {
    name: "outrun",
    title: "stress-ng rewriting 256 MB, faster than the link carries",
    memoryMib: 1024,
  },
] as const satisfies readonly Workload[];
export type WorkloadName = (typeof workloads)[number]["name"];

export interface Link {
  readonly name: string;
  /** Speed of each network the hosts share for moves, as tc writes it; null: as fast as the machine is. */
  readonly networks: readonly (string | null)[];
  /** Added to what the machine itself takes; absent: nothing is. */
  readonly roundTripMs?: number;
}

export const links: readonly Link[] = [
  { name: "200mbit", networks: ["200mbit"] },
  { name: "1gbit", networks: ["1gbit"] },
  { name: "unlimited", networks: [null] },
  { name: "1gbit+20ms", networks: ["1gbit"], roundTripMs: 20 },
  { name: "1+1gbit", networks: ["1gbit", "1gbit"] },
  { name: "1+0.5gbit", networks: ["1gbit", "500mbit"] },
];

export interface Cell {
  readonly workload: Workload;
  readonly link: Link;
  readonly subjects: readonly Subject[];
}

/** Several networks are compared with the best of them alone; those who can only use one are not measured there again. */
export function subjectsOn(link: Link): readonly Subject[] {
  if (link.networks.length > 1) return subjects.filter(({ kind }) => kind === "ferry");
  return subjects.filter(({ name }) => name !== "ferry multichannel");
}

/** The cells that say most in the least time. */
export const quickCells = ["redis@1gbit", "idle@unlimited", "outrun@200mbit"];

/** @param wanted Names such as `redis@1gbit`, `redis@`, `@1gbit`; empty: every cell. */
export function chooseCells(wanted: readonly string[]): Cell[] {
  const all = workloads.flatMap((workload) =>
    links.map((link) => ({ workload, link, subjects: subjectsOn(link) })),
  );
  if (wanted.length === 0) return all;
  const chosen = all.filter((cell) => wanted.some((pattern) => matches(cell, pattern)));
  const idle = wanted.find((pattern) => !all.some((cell) => matches(cell, pattern)));
  if (idle === undefined) return chosen;
  const names = `${workloads.map(({ name }) => name).join(", ")} @ ${links.map(({ name }) => name).join(", ")}`;
  throw new RangeError(`Cannot measure "${idle}": no such cell, wanted WORKLOAD@LINK of ${names}`);
}

function matches({ workload, link }: Cell, pattern: string): boolean {
  const [wantedWorkload = "", wantedLink = ""] = pattern.split("@");
  return (
    (wantedWorkload === "" || wantedWorkload === workload.name) &&
    (wantedLink === "" || wantedLink === link.name)
  );
}

export function cellName({ workload, link }: Pick<Cell, "workload" | "link">): string {
  return `${workload.name}@${link.name}`;
}
