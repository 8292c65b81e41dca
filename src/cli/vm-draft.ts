/** The options of `ferry vm create` as the draft that the API takes. Pure; the agent checks the values. */
import type { VmCreate } from "../api/schema/vm.ts";
import { FerryError } from "../base/errors.ts";
import { attachedDraft } from "./attached-draft.ts";
import { type PropertiesForm, parsePoolFile, parseProperties } from "./properties.ts";
import { parseCount, parseMebibytes, parseSize } from "./quantities.ts";

export interface CreateOptions {
  readonly memory?: string;
  readonly cpus?: string;
  readonly topology?: string;
  readonly cpuModel?: string;
  readonly machineType?: string;
  readonly firmware?: "bios" | "uefi";
  readonly tpm?: boolean;
  readonly atHostShutdown?: NonNullable<VmCreate["atHostShutdown"]>;
  readonly disk?: readonly string[];
  readonly nic?: readonly string[];
  readonly iscsi?: readonly string[];
  readonly fibreChannel?: readonly string[];
  readonly physicalDisk?: readonly string[];
  readonly hostDevice?: readonly string[];
  readonly sharedFolder?: readonly string[];
  readonly iso?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly kernelArguments?: string;
  readonly bootOrder?: string;
  readonly description?: string;
  readonly tags?: string;
  /** False with --no-vnc and --no-serial. */
  readonly vnc: boolean;
  readonly serial: boolean;
}

const diskForm: PropertiesForm = {
  option: "--disk",
  names: ["pool", "size", "import", "base", "file", "name", "format", "bus", "cache", "read-only"],
  example:
    "POOL,size=20G for a new disk, POOL,import=PATH for a copy of a file, POOL,base=FILE for one that stands on an image, or POOL,file=FILE for one that is there",
};
const nicForm: PropertiesForm = {
  option: "--nic",
  names: ["switch", "vlan", "mac", "model", "name"],
  example: "SWITCH or SWITCH,vlan=7",
};

/**
 * `absolute` makes a path of a file to import whole, since the agent stands in another directory.
 * @throws FerryError `bad-input` naming the option and the forms it takes.
 */
export function draftFromOptions(
  name: string,
  options: CreateOptions,
  absolute: (path: string) => string,
): VmCreate {
  const { description, firmware, memory, cpus, topology, cpuModel, machineType } = options;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(options.tags !== undefined && { tags: parseNames(options.tags) }),
    ...(firmware !== undefined && { firmware }),
    ...(options.tpm === true && { tpm: { model: "crb" as const } }),
    ...(options.atHostShutdown && { atHostShutdown: options.atHostShutdown }),
    ...(machineType !== undefined && { machineType }),
    ...(cpus !== undefined && { cpus: parseCount(cpus, "--cpus", 1, 512) }),
    ...(topology !== undefined && { topology: parseTopology(topology) }),
    ...(cpuModel !== undefined && { cpuModel }),
    ...(memory !== undefined && { memoryMib: parseMebibytes(memory) }),
    ...(options.disk !== undefined && {
      disks: options.disk.map((text) => parseDisk(text, absolute)),
    }),
    ...(options.nic !== undefined && { nics: options.nic.map(parseNic) }),
    ...(options.iso !== undefined && {
      iso: options.iso === "empty" ? null : parsePoolFile(options.iso),
    }),
    ...attachedDraft(options),
    ...kernelBoot(options),
    ...(options.bootOrder !== undefined && { bootOrder: parseNames(options.bootOrder) }),
    ...(!options.vnc && { vnc: false }),
    ...(!options.serial && { serial: false }),
  };
}

/** `a,b` and `a, b`. */
export function parseNames(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** Sockets × cores × threads, as `2x4x1`. */
export function parseTopology(text: string): { sockets: number; cores: number; threads: number } {
  const match = /^([0-9]{1,3})x([0-9]{1,3})x([0-9]{1,3})$/i.exec(text);
  if (match === null) {
    throw new FerryError("bad-input", `Cannot understand --topology "${text}"`, {
      remedy: "Write sockets x cores x threads, such as 2x4x1",
    });
  }
  const [sockets = 0, cores = 0, threads = 0] = match.slice(1).map(Number);
  return { sockets, cores, threads };
}

type Disk = NonNullable<VmCreate["disks"]>[number];
type Nic = NonNullable<VmCreate["nics"]>[number];

function parseDisk(text: string, absolute: (path: string) => string): Disk {
  const given = parseProperties(text, diskForm);
  const sources = ["size", "base", "import"].filter((name) => given.has(name));
  const mixes = given.has("import") && sources.length > 1;
  if (mixes || (sources.length === 0 && !given.has("file"))) {
    throw new FerryError("bad-input", `Cannot tell where the bytes of disk "${text}" come from`, {
      remedy: `Write it as ${diskForm.example}`,
    });
  }
  const size = given.get("size");
  const path = given.get("import");
  const base = given.get("base");
  // Values of closed sets go as they are: the agent refuses what it does not know, with its list.
  return {
    pool: given.get("pool") ?? "",
    ...pick(given, "name", "file", "format", "bus", "cache"),
    ...(given.has("read-only") && { readOnly: given.get("read-only") === "on" }),
    ...(size !== undefined && { sizeBytes: parseSize(size) }),
    ...(base !== undefined && { base: parseBase(base) }),
    ...(path !== undefined && { import: { path: absolute(path) } }),
  };
}

/** `FILE` lies in the disk's own pool. */
function parseBase(text: string): NonNullable<Disk["base"]> {
  return text.includes("/") ? parsePoolFile(text) : { file: text };
}

function parseNic(text: string): Nic {
  const given = parseProperties(text, nicForm);
  const vlan = given.get("vlan");
  const mac = given.get("mac");
  return {
    switch: given.get("switch") ?? "",
    ...pick(given, "name", "model"),
    ...(mac !== undefined && { mac: mac.toLowerCase() }),
    ...(vlan !== undefined && { vlan: parseCount(vlan, "vlan", 1, 4094) }),
  };
}

function kernelBoot({
  kernel,
  initrd,
  kernelArguments,
}: CreateOptions): Pick<VmCreate, "kernelBoot"> {
  if (kernel === undefined) {
    if (initrd === undefined && kernelArguments === undefined) return {};
    throw new FerryError(
      "bad-input",
      "Cannot use --initrd or --kernel-arguments without --kernel",
      {
        remedy: "Give --kernel POOL/FILE too",
      },
    );
  }
  return {
    kernelBoot: {
      kernel: parsePoolFile(kernel),
      initrd: initrd === undefined ? null : parsePoolFile(initrd),
      commandLine: kernelArguments ?? "",
    },
  };
}

function pick(given: Map<string, string>, ...names: string[]): object {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = given.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
