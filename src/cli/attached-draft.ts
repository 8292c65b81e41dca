/** The options of `ferry vm create` for LUNs, host devices and shared folders, as parts of the draft. Pure. */
import type { VmCreate } from "../api/schema/vm.ts";
import { FerryError } from "../base/errors.ts";
import { type PropertiesForm, parsePoolFile, parseProperties } from "./properties.ts";
import { parseCount } from "./quantities.ts";

export interface AttachedOptions {
  readonly iscsi?: readonly string[];
  readonly fibreChannel?: readonly string[];
  readonly physicalDisk?: readonly string[];
  readonly hostDevice?: readonly string[];
  readonly sharedFolder?: readonly string[];
}

type Lun = NonNullable<VmCreate["luns"]>[number];
type HostDevice = NonNullable<VmCreate["hostDevices"]>[number];
type SharedFolder = NonNullable<VmCreate["sharedFolders"]>[number];

const lunsMax = 16_383;
const iscsiForm: PropertiesForm = {
  option: "--iscsi",
  names: ["portal", "target", "lun", "secret", "name", "bus", "read-only"],
  example: "10.0.0.5:3260,target=iqn.2026-01.org.example:vms,lun=1",
};
const fibreChannelForm: PropertiesForm = {
  option: "--fibre-channel",
  names: ["fabric", "target", "lun", "name", "bus", "read-only"],
  example: "FABRIC,target=PORT,lun=1, with names of 16 hexadecimal digits",
};
const physicalForm: PropertiesForm = {
  option: "--physical-disk",
  names: ["device", "name", "bus", "read-only"],
  example: "/dev/disk/by-id/ID",
};
const folderForm: PropertiesForm = {
  option: "--shared-folder",
  names: ["directory", "name", "read-only"],
  example: "POOL/DIRECTORY,name=TAG",
};

/** @throws FerryError `bad-input` naming the option and the forms it takes. */
export function attachedDraft(
  options: AttachedOptions,
): Pick<VmCreate, "luns" | "fibreChannel" | "hostDevices" | "sharedFolders"> {
  const fibreChannel = (options.fibreChannel ?? []).map((text) =>
    parseProperties(text, fibreChannelForm),
  );
  // Each LUN has an adapter of its own; who wants several behind one writes a document.
  const adapters = fibreChannel.map((given, index) => ({
    name: `fc${index}`,
    fabric: (given.get("fabric") ?? "").toLowerCase(),
  }));
  const luns = [
    ...(options.iscsi ?? []).map(iscsiLun),
    ...fibreChannel.map((given, index) => fibreChannelLun(given, `fc${index}`)),
    ...(options.physicalDisk ?? []).map(physicalLun),
  ];
  return {
    ...(luns.length > 0 && { luns }),
    ...(adapters.length > 0 && { fibreChannel: adapters }),
    ...(options.hostDevice !== undefined && { hostDevices: options.hostDevice.map(hostDevice) }),
    ...(options.sharedFolder !== undefined && {
      sharedFolders: options.sharedFolder.map(sharedFolder),
    }),
  };
}

function iscsiLun(text: string): Lun {
  const given = parseProperties(text, iscsiForm);
  const secret = given.get("secret");
  const source = {
    ...{ kind: "iscsi" as const, portal: withPort(given.get("portal") ?? "") },
    ...{ target: given.get("target") ?? "", lun: lunNumber(given) },
    ...(secret !== undefined && { secret }),
  };
  return { ...common(given), source };
}

function fibreChannelLun(given: Map<string, string>, adapter: string): Lun {
  const target = (given.get("target") ?? "").toLowerCase();
  const source = { kind: "fibre-channel" as const, adapter, target, lun: lunNumber(given) };
  return { ...common(given), source };
}

function physicalLun(text: string): Lun {
  const given = parseProperties(text, physicalForm);
  return { ...common(given), source: { kind: "physical", device: given.get("device") ?? "" } };
}

/** `usb:1d6b:0002` or `pci:0000:01:00.0`. */
function hostDevice(text: string, index: number): HostDevice {
  const name = `device${index}`;
  const usb = /^usb:([0-9a-f]{4}):([0-9a-f]{4})$/i.exec(text.toLowerCase());
  if (usb !== null) return { name, kind: "usb", vendor: usb[1] ?? "", product: usb[2] ?? "" };
  const pci = /^pci:(.+)$/i.exec(text.toLowerCase());
  if (pci !== null) return { name, kind: "pci", address: pci[1] ?? "" };
  throw new FerryError("bad-input", `Cannot understand --host-device "${text}"`, {
    remedy: "Write usb:VENDOR:PRODUCT as lsusb shows it, or pci:ADDRESS such as pci:0000:01:00.0",
  });
}

function sharedFolder(text: string): SharedFolder {
  const given = parseProperties(text, folderForm);
  const { pool, file: directory } = parsePoolFile(given.get("directory") ?? "");
  const readOnly = given.get("read-only") === "on";
  return { name: given.get("name") ?? directory, pool, directory, readOnly };
}

function common(given: Map<string, string>): Omit<Lun, "source"> {
  const name = given.get("name");
  const bus = given.get("bus");
  return {
    ...(name !== undefined && { name }),
    // The agent refuses what it does not know, with its list.
    ...(bus !== undefined && { bus: bus as "virtio" | "scsi" }),
    ...(given.has("read-only") && { readOnly: given.get("read-only") === "on" }),
  };
}

function lunNumber(given: Map<string, string>): number {
  return parseCount(given.get("lun") ?? "0", "lun", 0, lunsMax);
}

/** 3260 is iSCSI's own port; an IPv6 address stands in brackets. */
function withPort(portal: string): string {
  return /^(?:\[.*\]|[^:]*):[0-9]+$/.test(portal) ? portal : `${portal}:3260`;
}
