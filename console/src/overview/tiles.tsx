/** The domain in four figures, each of which leads to its page. */
import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes } from "react";
import type { DomainHost } from "../../../src/api/schema/host.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";

const useStyles = makeStyles({
  tiles: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(160px, 28%), 1fr))",
    gap: tokens.spacingHorizontalL,
    "@media (max-width: 640px)": { gap: tokens.spacingHorizontalS },
  },
  tile: {
    display: "grid",
    // A label of two lines leaves the figures beside each other.
    gridTemplateRows: "1fr auto auto",
    gap: tokens.spacingVerticalXXS,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusLarge,
    boxShadow: tokens.shadow2,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  quiet: { color: tokens.colorNeutralForeground2 },
});

function TileAnchor({ children, ...properties }: AnchorHTMLAttributes<HTMLAnchorElement>) {
  const styles = useStyles();
  return (
    <a {...properties} className={styles.tile}>
      {children}
    </a>
  );
}

const Tile = createLink(TileAnchor);

interface TilesProps {
  readonly hosts: readonly DomainHost[];
  readonly vms: readonly Vm[];
  readonly moves: readonly MigrationRecord[];
}

export function Tiles({ hosts, vms, moves }: TilesProps) {
  const styles = useStyles();
  const reachable = hosts.filter((host) => host.reachable).length;
  const running = vms.filter(({ state }) => state === "running").length;
  const waiting = moves.filter(({ state }) => state === "queued").length;
  return (
    <div className={styles.tiles}>
      <Tile to="/hosts">
        <Figure label="Hosts" figure={hosts.length} note={`${reachable} answer`} />
      </Tile>
      <Tile to="/vms">
        <Figure label="VMs" figure={vms.length} note={`${running} run`} />
      </Tile>
      <Tile to="/migrations">
        <Figure label="Moves under way" figure={moves.length} note={`${waiting} wait`} />
      </Tile>
    </div>
  );
}

function Figure(given: { readonly label: string; readonly figure: number; readonly note: string }) {
  const styles = useStyles();
  return (
    <>
      <Text className={styles.quiet}>{given.label}</Text>
      <Text size={700} weight="semibold">
        {given.figure}
      </Text>
      <Text size={200} className={styles.quiet}>
        {given.note}
      </Text>
    </>
  );
}
