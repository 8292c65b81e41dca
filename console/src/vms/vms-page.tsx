/** All VMs of the domain as a table, with a search that answers as one types. */
import { Button, makeStyles, SearchBox, Text, tokens } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Problem } from "../parts/problem.tsx";
import { RowLink } from "../parts/row-link.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { Unreached } from "../parts/unreached.tsx";
import { VmState, vmStateText } from "../parts/vm-state.tsx";
import { bytes } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { Page } from "../shell/page.tsx";
import { CompactVmActions } from "./compact-vm-actions.tsx";
import { CreateVm } from "./create-vm.tsx";
import { useSearchText } from "./search-text.ts";

import { cpusOf, memoryBytesOf, useVmList, useVms } from "./vm-data.ts";
import { vmSearch } from "./vm-search.ts";

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
    title: "Host",
    width: "2fr",
    order: ({ host }) => host,
    cell: ({ host }) => <RowLink to="hosts" name={host} />,
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
    title: "Tags",
    width: "2fr",
    minor: true,
    cell: ({ definition }) => definition.tags.join(", "),
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

const idOf = ({ id }: Vm) => id;

export function VmsPage() {
  const styles = useStyles();
  const { host } = route.useSearch();
  const { text, setText } = useSearchText();
  const navigate = useNavigate({ from: "/vms" });
  const mayCreate = useMay("administrator");
  const [isCreating, setCreating] = useState(false);
  const { data, error, isPending } = useVmList();
  const vms = useVms();
  // The letter first, then the rows.
  const wanted = useDeferredValue(text);
  const shows = useMemo(() => {
    const fits = vmSearch(wanted);
    return (vm: Vm) => (host === undefined || vm.host === host) && fits(vm);
  }, [wanted, host]);
  const count = useMemo(() => vms.filter(shows).length, [vms, shows]);
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
          value={text}
          onChange={(_, { value }) => setText(value)}
        />
        {host === undefined ? null : (
          <Button onClick={() => void navigate({ search: text ? { search: text } : {} })}>
            Only on {host}: show all
          </Button>
        )}
        <Text className={styles.quiet} aria-live="polite">
          {count === vms.length ? `${vms.length} VMs` : `${count} of ${vms.length} VMs`}
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
          rows={vms}
          rowKey={idOf}
          shows={shows}
        />
      )}
      {isCreating ? <CreateVm onClose={() => setCreating(false)} /> : null}
    </Page>
  );
}
