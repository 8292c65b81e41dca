/** What happened in the domain, and what happens while one looks. */
import { makeStyles, SearchBox, Text, tokens } from "@fluentui/react-components";
import { useDeferredValue, useMemo, useState } from "react";
import type { FerryEvent } from "../../../src/api/schema/event.ts";
import { AppLink } from "../parts/app-link.tsx";
import { DataTable } from "../parts/data-table.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { Empty } from "../parts/empty.tsx";
import { time } from "../preferences/format.ts";
import { useVms } from "../vms/vm-data.ts";
import { Page } from "../shell/page.tsx";
import { describeEvent } from "./describe-event.ts";
import { eventKey, useEvents } from "./event-data.ts";

const useStyles = makeStyles({
  tools: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalM },
  search: { width: "min(360px, 100%)" },
});

/** With its sentence, by which it is found. */
interface EventRow extends FerryEvent {
  readonly words: string;
}

const columns: readonly TableColumn<EventRow>[] = [
  {
    title: "When",
    width: "190px",
    narrow: "2fr",
    order: ({ at }) => at,
    cell: ({ at }) => time(at),
  },
  { title: "Host", width: "1fr", order: ({ host }) => host ?? "", cell: ({ host }) => host ?? "" },
  { title: "What", width: "5fr", cell: (event) => <What event={event} /> },
  {
    title: "Kind",
    width: "180px",
    minor: true,
    order: ({ type }) => type,
    cell: ({ type }) => type,
  },
];

/** The way to what it is about, where that has a page. */
function What({ event: { type, subject, words } }: { readonly event: EventRow }) {
  if (type === "vm.created" || type === "vm.changed") {
    return (
      <AppLink to="/vms/$vm" params={{ vm: subject }}>
        {words}
      </AppLink>
    );
  }
  if (type !== "migration.changed") return words;
  return (
    <AppLink to="/migrations/$id" params={{ id: subject }}>
      {words}
    </AppLink>
  );
}

export function EventsPage() {
  const styles = useStyles();
  const events = useEvents();
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.toLowerCase());
  const vms = useVms();
  const rows = useMemo(() => {
    const names = new Map(vms.map(({ id, name }) => [id, name]));
    return events.map((event): EventRow => {
      const words = describeEvent(event, (vm) => names.get(vm) ?? vm);
      return { ...event, words };
    });
  }, [events, vms]);
  const shown = useMemo(
    () =>
      rows.filter(({ host, type, words }) =>
        `${host} ${type} ${words}`.toLowerCase().includes(wanted),
      ),
    [rows, wanted],
  );
  return (
    <Page title="Events" fills>
      <div className={styles.tools}>
        <SearchBox
          className={styles.search}
          aria-label="Search events"
          placeholder="Host, kind or words"
          value={search}
          onChange={(_, { value }) => setSearch(value)}
        />
        <Text>{shown.length} events</Text>
      </div>
      {events.length === 0 ? (
        <Empty text="Nothing has happened yet." />
      ) : (
        <DataTable label="Events" fills columns={columns} rows={shown} rowKey={eventKey} />
      )}
    </Page>
  );
}
