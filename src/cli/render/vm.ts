/** VMs as text. Pure. */
import type { Vm, VmList } from "../../api/schema/vm.ts";
import { formatBytes, formatTime } from "../../base/format.ts";
import type { Style, StyleName } from "../style.ts";
import { type Column, renderFields, renderTable } from "../table.ts";

type Definition = Vm["definition"];

const stateStyles: Partial<Record<Vm["state"], StyleName>> = {
  running: "green",
  paused: "yellow",
  crashed: "red",
};

const columns: readonly Column<Vm>[] = [
  { title: "name", text: (vm) => vm.name },
  { title: "state", text: (vm) => vm.state, style: (vm) => stateStyles[vm.state] },
  { title: "host", text: (vm) => vm.host },
  { title: "cpus", text: (vm) => String(cpuCount(vm.definition)), align: "right" },
  { title: "memory", text: (vm) => memory(vm.definition), align: "right" },
  { title: "migration", text: (vm) => vm.migration ?? "" },
];

export function renderVmList({ vms }: VmList, style?: Style): string {
  return renderTable(
    columns,
    vms.toSorted((a, b) => a.name.localeCompare(b.name)),
    style,
  );
}

export function renderVm(vm: Vm): string {
  const { definition } = vm;
  const { machine, cpu, kernelBoot } = definition;
  const fields: [string, string][] = [
    ["name", vm.name],
    ["id", vm.id],
    ["state", vm.state],
    ["host", vm.host],
    ["description", definition.description],
    ["tags", definition.tags.join(", ")],
    ["machine", `${machine.type}, ${machine.firmware}`],
    [
      "cpu",
      `${cpuCount(definition)} × ${cpu.model} (sockets ${cpu.sockets}, cores ${cpu.cores}, threads ${cpu.threads})`,
    ],
    ["memory", memory(definition)],
    ["disks", definition.disks.map(diskLine).join("\n")],
    ...attachedFields(definition),
    ["cd drives", definition.cdroms.map(cdromLine).join("\n")],
    ["TPM", definition.tpm === undefined ? "" : `2.0, ${definition.tpm.model}`],
    ["adapters", definition.nics.map(nicLine).join("\n")],
    ["boots from", definition.bootOrder.join(", ")],
    ["at its host's shutdown", definition.atHostShutdown ?? ""],
    ["generation", `${vm.generation}, ${vm.host} is ${vm.ownership}`],
    ["created", formatTime(vm.createdAt)],
  ];
  if (kernelBoot !== null)
    fields.push(["kernel", `${kernelBoot.kernel.pool}/${kernelBoot.kernel.file}`]);
  if (vm.migration !== null) fields.push(["migration", vm.migration]);
  return renderFields(fields);
}

/** What an action did, as a sentence. */
export function renderVmState(vm: Vm): string {
  return `${vm.name} is ${vm.state} on ${vm.host}`;
}

function cpuCount({ cpu }: Definition): number {
  return cpu.sockets * cpu.cores * cpu.threads;
}

function memory(definition: Definition): string {
  return formatBytes(definition.memory.mib * 1024 ** 2);
}

function diskLine(disk: Definition["disks"][number]): string {
  const { name, pool, file, format, bus, cache, readOnly, backing = [] } = disk;
  const beneath = backing.map((image) => `, on ${image.pool}/${image.file}`).join("");
  return `${name}: ${pool}/${file}, ${format}, ${bus}, cache ${cache}${readOnly ? ", read-only" : ""}${beneath}`;
}

/** Only what the VM has: most have none of it. */
function attachedFields(definition: Definition): [string, string][] {
  const { luns = [], fibreChannel = [], hostDevices = [], sharedFolders = [] } = definition;
  const lines: [string, string[]][] = [
    ["luns", luns.map(lunLine)],
    [
      "fibre channel",
      fibreChannel.map(({ name, fabric, sets, active }) => {
        const ports = sets.map(({ wwpn }, index) => (index === active ? `${wwpn} (now)` : wwpn));
        return `${name}: fabric ${fabric}, ports ${ports.join(", ")}`;
      }),
    ],
    [
      "host devices",
      hostDevices.map((device) =>
        device.kind === "usb"
          ? `${device.name}: USB ${device.vendor}:${device.product}`
          : `${device.name}: PCI ${device.address}`,
      ),
    ],
    [
      "shared folders",
      sharedFolders.map(
        ({ name, pool, directory, readOnly }) =>
          `${name}: ${pool}/${directory}${readOnly ? ", read-only" : ""}`,
      ),
    ],
  ];
  return lines
    .filter(([, some]) => some.length > 0)
    .map(([title, some]) => [title, some.join("\n")]);
}

function lunLine({ name, bus, readOnly, source }: NonNullable<Definition["luns"]>[number]): string {
  const what =
    source.kind === "iscsi"
      ? `iSCSI ${source.target} LUN ${source.lun} at ${source.portal}`
      : source.kind === "fibre-channel"
        ? `Fibre Channel port ${source.target} LUN ${source.lun}, by ${source.adapter}`
        : `physical disk ${source.device}`;
  return `${name}: ${what}, ${bus}${readOnly ? ", read-only" : ""}`;
}

function cdromLine({ name, medium }: Definition["cdroms"][number]): string {
  return `${name}: ${medium === null ? "empty" : `${medium.pool}/${medium.file}`}`;
}

function nicLine(nic: Definition["nics"][number]): string {
  const vlan = nic.vlan === null ? "" : `, VLAN ${nic.vlan}`;
  return `${nic.name}: switch ${nic.switch}${vlan}, ${nic.mac}, ${nic.model}`;
}
