/** VMs that leave a host, each with its move, and those that do not, with what becomes of them. */
import { makeStyles, Text, tokens } from "@fluentui/react-components";
import type { DrainStatus } from "../../../src/api/schema/drain.ts";
import { useMigrations } from "../migrations/migration-data.ts";
import { AppLink } from "../parts/app-link.tsx";
import { MoveState } from "../parts/move-state.tsx";
import { percent } from "../preferences/format.ts";

const useStyles = makeStyles({
  rows: { display: "grid", gap: tokens.spacingVerticalS },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 2fr) minmax(0, 3fr) auto",
    gap: tokens.spacingHorizontalM,
    alignItems: "center",
  },
});

interface LeavingVmsProps {
  readonly moves: DrainStatus["moves"];
  readonly others: readonly { readonly id: string; readonly name: string; readonly what: string }[];
}

export function LeavingVms({ moves, others }: LeavingVmsProps) {
  const styles = useStyles();
  const live = useMigrations();
  return (
    <div className={styles.rows}>
      {moves.map((move) => {
        const now = live.find(({ id }) => id === move.migration);
        const done = now?.progress?.percent ?? move.percent;
        return (
          <div key={move.migration} className={styles.row}>
            <AppLink to="/migrations/$id" params={{ id: move.migration }}>
              {move.vm.name}
            </AppLink>
            <Text>
              to {move.target}
              {move.error === null ? "" : `: ${move.error}`}
              {done === null ? "" : `, ${percent(done)}`}
            </Text>
            <MoveState state={now?.state ?? move.state} />
          </div>
        );
      })}
      {others.map(({ id, name, what }) => (
        <div key={id} className={styles.row}>
          <Text>{name}</Text>
          <Text>{what}</Text>
        </div>
      ))}
    </div>
  );
}
