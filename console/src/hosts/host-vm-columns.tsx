/** A host's VMs as a table shows them. */
import type { Vm } from "../../../src/api/schema/vm.ts";
import { AppLink } from "../parts/app-link.tsx";
import type { TableColumn } from "../parts/data-table.tsx";
import { VmState, vmStateText } from "../parts/vm-state.tsx";
import { bytes } from "../preferences/format.ts";
import { CompactVmActions } from "../vms/vm-actions.tsx";
import { cpusOf, memoryBytesOf } from "../vms/vm-data.ts";

export const hostVmColumns: readonly TableColumn<Vm>[] = [
  {
    title: "Name",
    width: "3fr",
    order: ({ name }) => name,
    cell: ({ name }) => (
      <AppLink to="/vms/$vm" params={{ vm: name }}>
        {name}
      </AppLink>
    ),
  },
  {
    title: "State",
    width: "140px",
    narrow: "84px",
    order: vmStateText,
    cell: (vm) => <VmState vm={vm} />,
  },
  { title: "vCPUs", width: "80px", alignEnd: true, minor: true, order: cpusOf, cell: cpusOf },
  {
    title: "Memory",
    width: "110px",
    alignEnd: true,
    minor: true,
    order: memoryBytesOf,
    cell: (vm) => bytes(memoryBytesOf(vm)),
  },
  {
    title: "Actions",
    width: "96px",
    narrow: "56px",
    alignEnd: true,
    cell: (vm) => <CompactVmActions vm={vm} />,
  },
];
