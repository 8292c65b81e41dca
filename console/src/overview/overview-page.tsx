/** What runs where, at a glance: hosts with their VMs, the moves under way, and what wants attention. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { useMemo } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { useHostDetails, useHosts } from "../hosts/host-data.ts";
import { useMigrations } from "../migrations/migration-data.ts";
import { MoveRow } from "../migrations/move-row.tsx";
import { Panel } from "../parts/panel.tsx";
import { Page } from "../shell/page.tsx";
import { useVms } from "../vms/vm-data.ts";
import { Attention } from "./attention.tsx";
import { HostCard } from "./host-card.tsx";
import { Tiles } from "./tiles.tsx";

const useStyles = makeStyles({
  map: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(320px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
  },
});

const none: readonly Vm[] = [];

export function OverviewPage() {
  const styles = useStyles();
  const hosts = useHosts();
  const vms = useVms();
  const details = useHostDetails(hosts);
  const moves = useMigrations().filter(({ endedAt }) => endedAt === null);
  const vmsByHost = useMemo(() => Map.groupBy(vms, ({ host }) => host), [vms]);
  return (
    <Page title="Overview">
      <Tiles hosts={hosts} vms={vms} moves={moves} />
      <Attention hosts={hosts} vms={vms} />
      {moves.length === 0 ? null : (
        <Panel title="Moves under way">
          {moves.map((move) => (
            <MoveRow key={move.id} move={move} />
          ))}
        </Panel>
      )}
      <div className={styles.map}>
        {hosts.map((host) => (
          <HostCard
            key={host.id}
            host={host}
            details={details.get(host.name)}
            vms={vmsByHost.get(host.name) ?? none}
          />
        ))}
      </div>
    </Page>
  );
}
