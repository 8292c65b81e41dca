/**
 * From a document that a person or a peer sends to a definition that everything else believes. The schema checks the
 * form and fills in defaults; what no schema can say (names that must differ, names that must exist) is checked here.
 * Pure.
 */
import Value from "typebox/value";
import { parse, stringify } from "yaml";
import { FerryError } from "../base/errors.ts";
import { schemaProblem } from "../base/schema-problem.ts";
import { definitionVersion, type FutureDefinition, VmDefinition } from "./definition.ts";
import { lunKey } from "./lun-key.ts";

/** No honest definition comes near this; a YAML parser should not see more. */
const textCharactersMax = 256 * 1024;
const vcpusMax = 512;
/** As many as the machine has ports for (src/qemu/pci-layout.ts). */
const virtioDisksMax = 24;

/** YAML or JSON text. @throws FerryError `bad-input`, `unsupported` for a document of a newer Ferry. */
export function parseDefinitionText(text: string): VmDefinition {
  if (text.length > textCharactersMax) {
    throw invalid(
      "",
      `the document has ${text.length} characters, at most ${textCharactersMax} are read`,
    );
  }
  let document: unknown;
  try {
    // Its warnings would go to the agent's standard error, whoever wrote the document.
    document = parse(text, { maxAliasCount: 0, logLevel: "error" });
  } catch (cause) {
    throw new FerryError(
      "bad-input",
      "Cannot read the VM definition: it is neither YAML nor JSON",
      {
        remedy: "Start from what this prints: ferry vm export NAME",
        cause,
      },
    );
  }
  return parseDefinition(document);
}

/** @throws FerryError `bad-input`, `unsupported` for a document of a newer Ferry. */
export function parseDefinition(document: unknown): VmDefinition {
  refuseFutureVersion(document);
  const filled = Value.Default(VmDefinition, Value.Clone(document));
  if (!Value.Check(VmDefinition, filled)) {
    const { path = "/", problem = "" } = schemaProblem(VmDefinition, filled) ?? {};
    throw invalid(path, problem);
  }
  checkNames(filled);
  checkLuns(filled);
  checkCpu(filled);
  checkKernelBoot(filled);
  return filled;
}

/**
 * What this Ferry knows of a document, whatever its version: enough to say what a host has for such a VM, never to make
 * one of it. @throws FerryError `unsupported` where what is known makes no sense alone.
 */
export function asFarAsKnown(document: VmDefinition | FutureDefinition): VmDefinition {
  if (document.version === definitionVersion) return document as VmDefinition;
  const known = Value.Clean(VmDefinition, {
    ...Value.Clone(document),
    version: definitionVersion,
  });
  if (Value.Check(VmDefinition, known)) return known;
  refuseFutureVersion(document);
  throw invalid("/version", `it is ${document.version}`);
}

/** The document as YAML, to be read and applied again. */
export function formatDefinition(definition: VmDefinition): string {
  return stringify(definition, { lineWidth: 0 });
}

function refuseFutureVersion(document: unknown): void {
  if (typeof document !== "object" || document === null || !("version" in document)) return;
  const { version } = document;
  if (typeof version !== "number" || version <= definitionVersion) return;
  throw new FerryError(
    "unsupported",
    `Cannot use the VM definition: its version is ${version}, this Ferry knows ${definitionVersion}`,
    { remedy: "Upgrade Ferry on this host to the version that wrote the document" },
  );
}

function checkNames(definition: VmDefinition): void {
  const { disks, cdroms, nics, bootOrder, luns = [] } = definition;
  const { fibreChannel = [], hostDevices = [], sharedFolders = [] } = definition;
  const bootable = [...disks, ...luns, ...cdroms, ...nics].map(({ name }) => name);
  const others = [...fibreChannel, ...hostDevices, ...sharedFolders].map(({ name }) => name);
  const paths = "/disks, /luns, /cdroms, /nics, /fibreChannel, /hostDevices, /sharedFolders";
  refuseTwice(paths, "device name", [...bootable, ...others]);
  refuseTwice(
    "/nics",
    "MAC address",
    nics.map(({ mac }) => mac),
  );
  refuseTwice(
    "/disks",
    "file",
    disks.map(({ pool, file }) => `${pool}/${file}`),
  );
  for (const { name, format, backing = [] } of disks) {
    if (backing.length > 0 && format !== "qcow2") {
      throw invalid(
        "/disks",
        `disk "${name}" has a backing image and format ${format}, wanted qcow2`,
      );
    }
    const writable = disks.filter(({ readOnly }) => !readOnly);
    const written = backing.find((image) =>
      writable.some(({ pool, file }) => pool === image.pool && file === image.file),
    );
    if (written !== undefined) {
      throw invalid("/disks", `disk "${name}" stands on "${written.file}", which is a disk itself`);
    }
  }
  refuseTwice("/bootOrder", "name", bootOrder);
  const unknown = bootOrder.find((name) => !bootable.includes(name));
  if (unknown !== undefined) throw invalid("/bootOrder", `no device is called "${unknown}"`);
}

function checkLuns({ disks, luns = [], fibreChannel = [] }: VmDefinition): void {
  refuseTwice("/luns", "LUN", luns.map(lunKey));
  const onVirtio = [...disks, ...luns].filter(({ bus }) => bus === "virtio").length;
  if (onVirtio > virtioDisksMax) {
    const problem = `${onVirtio} disks and LUNs are on bus virtio, at most ${virtioDisksMax} fit: put some on bus scsi`;
    throw invalid("/luns", problem);
  }
  for (const { source } of luns) {
    if (source.kind !== "fibre-channel") continue;
    if (fibreChannel.some(({ name }) => name === source.adapter)) continue;
    throw invalid("/luns", `no Fibre Channel adapter is called "${source.adapter}"`);
  }
  const names = fibreChannel.flatMap(({ sets }) => sets.map(({ wwpn }) => wwpn));
  refuseTwice("/fibreChannel", "port name (wwpn)", names);
}

function checkCpu({ cpu: { sockets, cores, threads } }: VmDefinition): void {
  const count = sockets * cores * threads;
  if (count > vcpusMax)
    throw invalid("/cpu", `it has ${count} vCPUs, at most ${vcpusMax} are possible`);
}

function checkKernelBoot({ kernelBoot, machine }: VmDefinition): void {
  if (kernelBoot === null) return;
  if (machine.firmware === "uefi")
    throw invalid("/kernelBoot", "direct kernel boot needs firmware bios");
  // The text lands in the guest's memory as it is; a control character there is never meant.
  if (/\p{Cc}/u.test(kernelBoot.commandLine)) {
    throw invalid("/kernelBoot/commandLine", "it contains a control character");
  }
}

function refuseTwice(path: string, what: string, values: readonly string[]): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw invalid(path, `the ${what} "${twice}" appears twice`);
}

function invalid(path: string, problem: string): FerryError {
  return new FerryError("bad-input", `Cannot use the VM definition: ${path}: ${problem}`, {
    remedy: "Correct the document; docs/vm-definition.md describes every property",
    details: { path },
  });
}
