/** Disks that targets keep of moves that failed: to go on from, or to be removed. Nothing where there are none. */
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { PartialDisk } from "../../../src/api/schema/partial-disk.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Panel } from "../parts/panel.tsx";
import { Question } from "../parts/question.tsx";
import { bytes, time } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";

/** They come and go without an event. */
const readAgainMs = 30_000;

const useStyles = makeStyles({
  row: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  words: { flexGrow: 1, minWidth: 0 },
});

export function PartialDisks() {
  const { data } = useQuery({
    queryKey: keys.partialDisks,
    queryFn: ({ signal }) => call("GET /v1/partial-disks", { query: { scope: "domain" }, signal }),
    refetchInterval: readAgainMs,
  });
  const byMove = Map.groupBy(data?.partialDisks ?? [], ({ migration }) => migration);
  if (byMove.size === 0) return null;
  return (
    <Panel title="Kept of moves that failed">
      {[...byMove].map(([migration, disks]) => (
        <Kept key={migration} migration={migration} disks={disks} />
      ))}
    </Panel>
  );
}

function Kept(given: { readonly migration: string; readonly disks: readonly PartialDisk[] }) {
  const { migration, disks } = given;
  const styles = useStyles();
  const mayMove = useMay("operator");
  const navigate = useNavigate();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [isAsked, setAsked] = useState(false);
  const [first] = disks;
  const remove = useMutation({
    mutationFn: (host: string) =>
      call("DELETE /v1/partial-disks/{migration}", { params: { migration }, host }),
    onError: announce.failed,
    onSettled: () => {
      setAsked(false);
      void cache.invalidateQueries({ queryKey: keys.partialDisks });
    },
  });
  if (first === undefined) return null;
  const { vm, host, expiresAt } = first;
  const kept = disks.reduce((sum, disk) => sum + disk.bytes, 0);
  return (
    <div className={styles.row}>
      <Text className={styles.words}>
        <b>{vm.name}</b>: {bytes(kept)} of {disks.map(({ disk }) => disk).join(", ")} on {host},
        until {time(expiresAt)}
      </Text>
      {mayMove ? (
        <>
          <Button
            onClick={() =>
              void navigate({ to: "/move", search: { again: migration, resume: true } })
            }
          >
            Continue from it
          </Button>
          <Button onClick={() => setAsked(true)}>Remove it</Button>
        </>
      ) : null}
      {isAsked ? (
        <Question
          title={`Remove what ${host} keeps of ${vm.name}?`}
          confirm="Remove it"
          isBusy={remove.isPending}
          onClose={() => setAsked(false)}
          onConfirm={() => remove.mutate(host)}
        >
          The VM is where it was; a later move copies its disks from the beginning.
        </Question>
      ) : null}
    </div>
  );
}
