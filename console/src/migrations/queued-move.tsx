/** A move that waits: for what, and the ways to bring it forward or to put it back. */
import { Button, makeStyles, Text, tokens, Tooltip } from "@fluentui/react-components";
import { ArrowDownRegular } from "@fluentui/react-icons/svg/arrow-down";
import { ArrowUpRegular } from "@fluentui/react-icons/svg/arrow-up";
import { useMutation } from "@tanstack/react-query";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { call } from "../api/call.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { AppLink } from "../parts/app-link.tsx";
import { useMay } from "../session/session.tsx";
import { CancelMove } from "./cancel-move.tsx";

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 2fr) minmax(0, 5fr) auto",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalL,
    "@media (max-width: 640px)": { gridTemplateColumns: "1fr" },
  },
  quiet: { color: tokens.colorNeutralForeground2 },
  actions: { display: "flex", gap: tokens.spacingHorizontalXS },
});

export function QueuedMove({ move }: { readonly move: MigrationRecord }) {
  const styles = useStyles();
  const mayPlace = useMay("operator");
  const announce = useAnnounce();
  const place = useMutation({
    mutationFn: (to: "first" | "last") =>
      call("POST /v1/migrations/{id}/place", { params: { id: move.id }, body: { to } }),
    onError: announce.failed,
  });
  const { priority } = move.options;
  return (
    <div className={styles.row}>
      <div>
        <AppLink to="/migrations/$id" params={{ id: move.id }}>
          {move.vm.name}
        </AppLink>
        <Text block size={200} className={styles.quiet}>
          {move.source} to {move.target}
          {priority === undefined || priority === "normal" ? "" : `, priority ${priority}`}
        </Text>
      </div>
      <Text>{move.waitingFor ?? "Waits for its turn"}</Text>
      <div className={styles.actions}>
        {mayPlace ? (
          <>
            <Tooltip content="To the front of the queue" relationship="label">
              <Button
                appearance="subtle"
                icon={<ArrowUpRegular />}
                onClick={() => place.mutate("first")}
              />
            </Tooltip>
            <Tooltip content="To the end of the queue" relationship="label">
              <Button
                appearance="subtle"
                icon={<ArrowDownRegular />}
                onClick={() => place.mutate("last")}
              />
            </Tooltip>
          </>
        ) : null}
        <CancelMove move={move} />
      </div>
    </div>
  );
}
