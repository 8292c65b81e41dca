/** What happened in the domain, and what happens while one looks. */
import { makeStyles, SearchBox, Text, tokens } from "@fluentui/react-components";
import { useDeferredValue, useMemo, useState } from "react";
import type { FerryEvent } from "../../../src/api/schema/event.ts";
import { DataTable, type TableColumn } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { time } from "../preferences/format.ts";
import { Page } from "../shell/page.tsx";
import { describeEvent } from "./describe-event.ts";
import { eventKey, useEvents } from "./event-data.ts";

const useStyles = makeStyles({
  tools: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalM },
  search: { width: "min(360px, 100%)" },
});

const columns: readonly TableColumn<FerryEvent>[] = [
  { title: "When", width: "200px", cell: ({ at }) => time(at) },
  { title: "Host", width: "1fr", cell: ({ host }) => host ?? "" },
  { title: "What", width: "5fr", cell: describeEvent },
  { title: "Kind", width: "180px", minor: true, cell: ({ type }) => type },
];

export function EventsPage() {
  const styles = useStyles();
  const events = useEvents();
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.toLowerCase());
  const shown = useMemo(
    () =>
      events.filter((event) =>
        `${event.host} ${event.type} ${describeEvent(event)}`.toLowerCase().includes(wanted),
      ),
    [events, wanted],
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
