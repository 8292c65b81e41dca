/** All VMs of the domain as a table, with a search that answers as one types. */
import { Button, makeStyles, SearchBox, Text, tokens } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { AppLink } from "../parts/app-link.tsx";
import { DataTable, type TableColumn } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Problem } from "../parts/problem.tsx";
import { Unreached } from "../parts/unreached.tsx";
import { VmState, vmStateText } from "../parts/vm-state.tsx";
import { bytes } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { Page } from "../shell/page.tsx";
import { CreateVm } from "./create-vm.tsx";
import { CompactVmActions } from "./vm-actions.tsx";
import { cpusOf, memoryBytesOf, useVmList, useVms } from "./vm-data.ts";

const route = getRouteApi("/vms");

const useStyles = makeStyles({
  tools: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
  },
  search: { width: "min(360px, 100%)" },
  quiet: { color: tokens.colorNeutralForeground2 },
});

const columns: readonly TableColumn<Vm>[] = [
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
  {
    title: "Host",
    width: "2fr",
    order: ({ host }) => host,
    cell: ({ host }) => (
      <AppLink to="/hosts/$host" params={{ host }}>
        {host}
      </AppLink>
    ),
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
    title: "Tags",
    width: "2fr",
    minor: true,
    cell: ({ definition }) => definition.tags.join(", "),
  },
  {
    title: "Actions",
    width: "96px",
    narrow: "56px",
    alignEnd: true,
    cell: (vm) => <CompactVmActions vm={vm} />,
  },
];

export function VmsPage() {
  const styles = useStyles();
  const { search = "", host } = route.useSearch();
  const navigate = useNavigate({ from: "/vms" });
  const mayCreate = useMay("administrator");
  const [isCreating, setCreating] = useState(false);
  const { data, error, isPending } = useVmList();
  const vms = useVms();
  const wanted = useDeferredValue(search);
  const shown = useMemo(
    () => vms.filter((vm) => (host === undefined || vm.host === host) && fits(vm, wanted)),
    [vms, wanted, host],
  );
  return (
    <Page
      title="Virtual machines"
      fills
      actions={
        mayCreate ? (
          <Button appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
            Create a VM
          </Button>
        ) : undefined
      }
    >
      <div className={styles.tools}>
        <SearchBox
          className={styles.search}
          aria-label="Search by name, host, tag or state"
          placeholder="Name, host, tag or state"
          value={search}
          onChange={(_, { value }) =>
            void navigate({
              search: (old) => ({
                ...(old.host && { host: old.host }),
                ...(value && { search: value }),
              }),
              replace: true,
            })
          }
        />
        {host === undefined ? null : (
          <Button onClick={() => void navigate({ search: search ? { search } : {} })}>
            Only on {host}: show all
          </Button>
        )}
        <Text className={styles.quiet} aria-live="polite">
          {shown.length === vms.length
            ? `${vms.length} VMs`
            : `${shown.length} of ${vms.length} VMs`}
        </Text>
      </div>
      {error === null ? null : <Problem error={error} />}
      <Unreached hosts={data?.unreachable} />
      {vms.length === 0 && !isPending ? (
        <Empty text="There is no VM in this domain yet." />
      ) : (
        <DataTable
          label="Virtual machines"
          fills
          columns={columns}
          rows={shown}
          rowKey={({ id }) => id}
        />
      )}
      {isCreating ? <CreateVm onClose={() => setCreating(false)} /> : null}
    </Page>
  );
}

/** Every word has to be in the name, the host, a tag or the state. */
function fits(vm: Vm, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/);
  const text = [vm.name, vm.host, vmStateText(vm), ...vm.definition.tags].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}
