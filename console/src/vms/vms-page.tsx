/** All VMs of the domain as a table, with a search that answers as one types. */
import { Button, makeStyles, SearchBox, Text, tokens } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Problem } from "../parts/problem.tsx";
import { Unreached } from "../parts/unreached.tsx";
import { useMay } from "../session/session.tsx";
import { Page } from "../shell/page.tsx";
import { CreateVm } from "./create-vm.tsx";
import { useSearchText } from "./search-text.ts";
import { domainVmColumns } from "./vm-columns.tsx";
import { useVmList, useVms } from "./vm-data.ts";
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
          columns={domainVmColumns}
          rows={vms}
          rowKey={idOf}
          shows={shows}
        />
      )}
      {isCreating ? <CreateVm onClose={() => setCreating(false)} /> : null}
    </Page>
  );
}
