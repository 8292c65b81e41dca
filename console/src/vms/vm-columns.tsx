/** The columns of VMs in a table: of one host's, and of the whole domain's. */
import type { Vm } from "../../../src/api/schema/vm.ts";
import { RowLink } from "../parts/row-link.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { VmState, vmStateText } from "../parts/vm-state.tsx";
import { bytes } from "../preferences/format.ts";
import { CompactVmActions } from "./compact-vm-actions.tsx";
import { cpusOf, memoryBytesOf } from "./vm-data.ts";

const name: TableColumn<Vm> = {
  title: "Name",
  width: "3fr",
  order: ({ name }) => name,
  cell: ({ name }) => <RowLink to="vms" name={name} />,
};

const state: TableColumn<Vm> = {
  title: "State",
  width: "140px",
  fits: true,
  narrow: "84px",
  order: vmStateText,
  cell: (vm) => <VmState vm={vm} />,
};

const cpus: TableColumn<Vm> = {
  title: "vCPUs",
  width: "80px",
  fits: true,
  alignEnd: true,
  minor: true,
  order: cpusOf,
  cell: cpusOf,
};

const memory: TableColumn<Vm> = {
  title: "Memory",
  width: "110px",
  fits: true,
  alignEnd: true,
  minor: true,
  order: memoryBytesOf,
  cell: (vm) => bytes(memoryBytesOf(vm)),
};

const actions: TableColumn<Vm> = {
  title: "Actions",
  width: "96px",
  fits: true,
  narrow: "56px",
  alignEnd: true,
  cell: (vm) => <CompactVmActions vm={vm} />,
};

const host: TableColumn<Vm> = {
  title: "Host",
  width: "2fr",
  order: (vm) => vm.host,
  cell: (vm) => <RowLink to="hosts" name={vm.host} />,
};

const tags: TableColumn<Vm> = {
  title: "Tags",
  width: "2fr",
  minor: true,
  cell: ({ definition }) => definition.tags.join(", "),
};

export const hostVmColumns: readonly TableColumn<Vm>[] = [name, state, cpus, memory, actions];

export const domainVmColumns: readonly TableColumn<Vm>[] = [
  ...[name, state, host, cpus],
  ...[memory, tags, actions],
];
