/** A host's VMs as a table shows them. */
import type { Vm } from "../../../src/api/schema/vm.ts";
import { RowLink } from "../parts/row-link.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { VmState, vmStateText } from "../parts/vm-state.tsx";
import { bytes } from "../preferences/format.ts";
import { CompactVmActions } from "../vms/compact-vm-actions.tsx";
import { cpusOf, memoryBytesOf } from "../vms/vm-data.ts";

export const hostVmColumns: readonly TableColumn<Vm>[] = [
  {
    title: "Name",
    width: "3fr",
    order: ({ name }) => name,
    cell: ({ name }) => <RowLink to="vms" name={name} />,
  },
  {
    title: "State",
    width: "140px",
    fits: true,
    narrow: "84px",
    order: vmStateText,
    cell: (vm) => <VmState vm={vm} />,
  },
  {
    title: "vCPUs",
    width: "80px",
    fits: true,
    alignEnd: true,
    minor: true,
    order: cpusOf,
    cell: cpusOf,
  },
  {
    title: "Memory",
    width: "110px",
    fits: true,
    alignEnd: true,
    minor: true,
    order: memoryBytesOf,
    cell: (vm) => bytes(memoryBytesOf(vm)),
  },
  {
    title: "Actions",
    width: "96px",
    fits: true,
    narrow: "56px",
    alignEnd: true,
    cell: (vm) => <CompactVmActions vm={vm} />,
  },
];
