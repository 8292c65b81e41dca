/**
 * The one way from a definition to QEMU's arguments. Pure: what this host contributes (paths, taps, accelerator) comes
 * in resolved and checked. Two hosts given the same definition build machines that can exchange their state.
 *
 * Values go in as JSON wherever QEMU takes it, so no name can smuggle in an option; the few classic options carry
 * only values that the definition's schema has narrowed.
 */
import type { VmDefinition } from "../vm/definition.ts";
import { attachedArguments } from "./attached-devices.ts";
import { bootPositions } from "./boot-order.ts";
import { type Accelerator, cpuArgument } from "./cpu-model.ts";
import { guestMemoryBlock } from "./guest-memory.ts";
import { lunArguments, type LunFacts } from "./lun-devices.ts";
import { nicArguments } from "./nic-devices.ts";
import { pciLayout } from "./pci-layout.ts";
import { urgentMonitorPath, vmSockets } from "./sockets.ts";
import { type DiskFacts, storageArguments } from "./storage-devices.ts";

/** What a host adds to a definition. Paths are absolute; arrays run parallel to the definition's. */
export interface MachineResources {
  readonly accelerator: Accelerator;
  /** Extra directory for ROMs (`-L`), or null. */
  readonly dataDirectory: string | null;
  /** The VM's own directory. */
  readonly directory: string;
  /** The file that becomes guest memory; the agent unlinks it once QEMU has it open. */
  readonly disks: readonly DiskFacts[];
  /** Paths of media, null for an empty drive. */
  readonly cdroms: readonly (string | null)[];
  /** Names of tap devices. */
  readonly taps: readonly string[];
  readonly kernel: { readonly kernel: string; readonly initrd: string | null } | null;
  /** Absent: the VM has none. */
  readonly luns?: readonly LunFacts[];
  /** Paths of directories that the guest shares; absent: none. */
  readonly folders?: readonly string[];
  readonly firmware: { readonly code: string; readonly variables: string } | null;
}

/** `cold`: waits at its reset vector. `incoming`: a skeleton that waits for another host's state. */
export type StartMode = "cold" | "incoming";

/** Arguments for a QEMU whose CPUs stand still: only src/vm lets a guest run. */
export function commandLine(
  definition: VmDefinition,
  facts: MachineResources,
  mode: StartMode,
): string[] {
  const layout = pciLayout(definition.machine.type);
  const boot = bootPositions(definition);
  return [
    ["-name", `guest=${definition.name},debug-threads=on`],
    ["-uuid", definition.id],
    ["-nodefaults", "-no-user-config", "-no-shutdown", "-S"],
    ["-msg", "timestamp=on"],
    ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
    facts.dataDirectory === null ? [] : ["-L", facts.dataDirectory],
    machineArguments(definition, facts),
    firmwareArguments(facts.firmware),
    kernelArguments(definition, facts.kernel),
    monitorArguments(facts.directory),
    randomArguments(layout.fixed("rng")),
    serialArguments(definition.serial, facts.directory),
    displayArguments(definition, facts.directory),
    tpmArguments(definition.tpm, facts.directory),
    storageArguments(definition, facts, layout, boot),
    lunArguments(definition, facts.luns ?? [], layout, boot),
    nicArguments(definition.nics, facts.taps, layout, boot),
    attachedArguments(definition, facts.folders ?? [], layout),
    mode === "incoming" ? incomingArguments(facts.directory) : [],
  ].flat();
}

function machineArguments(definition: VmDefinition, facts: MachineResources): string[] {
  const { machine, cpu, memory } = definition;
  const { sockets, cores, threads } = cpu;
  const pflash = facts.firmware === null ? "" : ",pflash0=pflash0,pflash1=pflash1";
  const chipset = machine.type.startsWith("pc-q35-") ? "ICH9-LPC" : "PIIX4_PM";
  return [
    ["-machine", `${machine.type},usb=off,memory-backend=${guestMemoryBlock}${pflash}`],
    ["-accel", facts.accelerator === "tcg" ? "tcg,thread=multi" : "kvm"],
    ["-cpu", cpuArgument(cpu.model, facts.accelerator)],
    [
      "-smp",
      `cpus=${sockets * cores * threads},sockets=${sockets},cores=${cores},threads=${threads}`,
    ],
    ["-m", `size=${memory.mib}M`],
    object({
      "qom-type": "memory-backend-ram",
      id: guestMemoryBlock,
      size: memory.mib * 1024 * 1024,
    }),
    ["-rtc", "base=utc"],
    // A guest asleep in S3 or S4 has no state that a move could carry.
    ["-global", `${chipset}.disable_s3=1`, "-global", `${chipset}.disable_s4=1`],
    ["-boot", "strict=on"],
  ].flat();
}

function firmwareArguments(firmware: MachineResources["firmware"]): string[] {
  if (firmware === null) return [];
  const flash = (node: string, filename: string, readOnly: boolean) =>
    json("-blockdev", {
      driver: "raw",
      "node-name": node,
      "read-only": readOnly,
      file: { driver: "file", filename },
    });
  return [...flash("pflash0", firmware.code, true), ...flash("pflash1", firmware.variables, false)];
}

function kernelArguments(definition: VmDefinition, kernel: MachineResources["kernel"]): string[] {
  if (kernel === null || definition.kernelBoot === null) return [];
  return [
    ["-kernel", kernel.kernel],
    kernel.initrd === null ? [] : ["-initrd", kernel.initrd],
    ["-append", definition.kernelBoot.commandLine],
  ].flat();
}

function monitorArguments(directory: string): string[] {
  const sockets = vmSockets(directory);
  return [
    ["-chardev", listening("qmp", sockets.qmp), "-mon", "chardev=qmp,mode=control"],
    ["-chardev", listening("qmp-spare", sockets.qmpSpare)],
    ["-mon", "chardev=qmp-spare,mode=control"],
  ].flat();
}

/** Only a guest that came by a move can miss pages. */
function incomingArguments(directory: string): string[] {
  const path = escapeCommas(urgentMonitorPath(directory));
  return [
    ["-chardev", `pipe,id=urgent,path=${path}`, "-mon", "chardev=urgent,mode=control"],
    ["-incoming", "defer"],
  ].flat();
}

function randomArguments(place: { bus: string; addr: string }): string[] {
  return [
    object({ "qom-type": "rng-random", id: "rng", filename: "/dev/urandom" }),
    json("-device", { driver: "virtio-rng-pci", id: "rng0", rng: "rng", ...place }),
  ].flat();
}

function serialArguments(serial: boolean, directory: string): string[] {
  if (!serial) return [];
  return [
    ["-chardev", listening("serial", vmSockets(directory).serial)],
    json("-device", { driver: "isa-serial", id: "serial0", chardev: "serial", index: 0 }),
  ].flat();
}

function displayArguments(definition: VmDefinition, directory: string): string[] {
  if (!definition.display.vnc) return ["-display", "none"];
  const layout = pciLayout(definition.machine.type);
  return [
    ["-vnc", `unix:${escapeCommas(vmSockets(directory).vnc)}`],
    json("-device", { driver: "VGA", id: "vga", vgamem_mb: 16, ...layout.fixed("vga") }),
    json("-device", { driver: "qemu-xhci", id: "usb", ...layout.fixed("usb") }),
    // A tablet's positions are absolute: the pointer of the viewer and of the guest are one.
    json("-device", { driver: "usb-tablet", id: "tablet", bus: "usb.0", port: "1" }),
  ].flat();
}

/** Its place is fixed by its standard: no bus, no slot. */
function tpmArguments(tpm: VmDefinition["tpm"], directory: string): string[] {
  if (tpm === undefined) return [];
  return [
    ["-chardev", `socket,id=tpm,path=${escapeCommas(vmSockets(directory).tpm)}`],
    ["-tpmdev", "emulator,id=tpm0,chardev=tpm"],
    json("-device", { driver: `tpm-${tpm.model}`, id: "tpm", tpmdev: "tpm0" }),
  ].flat();
}

function listening(id: string, path: string): string {
  return `socket,id=${id},path=${escapeCommas(path)},server=on,wait=off`;
}

function object(properties: Record<string, unknown>): string[] {
  return json("-object", properties);
}

function json(option: string, properties: Record<string, unknown>): string[] {
  return [option, JSON.stringify(properties)];
}

/** In QEMU's classic options a comma ends the value; doubled it stands for itself. */
function escapeCommas(value: string): string {
  return value.replaceAll(",", ",,");
}
