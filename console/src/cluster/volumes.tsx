/** Shared volumes of a cluster: pools that every host has, how each reaches them, and what becomes of VMs where one is lost. */
import { Badge, Button, Field, Input, makeStyles, Text, tokens } from "@fluentui/react-components";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { VolumeList, VolumeSet } from "../../../src/api/schema/cluster-parts.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { OptionSelect } from "../parts/option-select.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Question } from "../parts/question.tsx";
import { useMay } from "../session/session.tsx";

type Volume = VolumeList["volumes"][number];
type OnLoss = NonNullable<VolumeSet["onLoss"]>;

/** Whether a host reaches a volume changes without an event. */
const readAgainMs = 10_000;

const policies: Readonly<Record<OnLoss, string>> = {
  pause: "Its VMs there are paused until it is back",
  move: "Its VMs there are ended, and start on a host that has it",
};

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto",
    gap: tokens.spacingHorizontalM,
  },
  hosts: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalXS },
});

export function Volumes({ through }: { readonly through: string }) {
  const styles = useStyles();
  const mayChange = useMay("administrator");
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [open, setOpen] = useState<{ readonly volume: Volume | undefined }>();
  const [leaving, setLeaving] = useState<string>();
  const { data, error } = useQuery({
    queryKey: keys.volumes(through),
    queryFn: ({ signal }) => call("GET /v1/cluster/volumes", { host: through, signal }),
    refetchInterval: readAgainMs,
    retry: false,
  });
  const remove = useMutation({
    mutationFn: (pool: string) =>
      call("DELETE /v1/cluster/volumes/{pool}", { params: { pool }, host: through }),
    onError: announce.failed,
    onSettled: () => {
      setLeaving(undefined);
      void cache.invalidateQueries({ queryKey: keys.volumes(through) });
    },
  });
  return (
    <Panel
      title="Shared volumes"
      actions={
        mayChange ? (
          <Button onClick={() => setOpen({ volume: undefined })}>Add a volume</Button>
        ) : undefined
      }
    >
      {error === null ? null : <Problem error={error} />}
      {data?.volumes.length === 0 ? (
        <Text>A pool that every host has can be watched on each of them.</Text>
      ) : null}
      {data?.volumes.map((volume) => (
        <div key={volume.pool} className={styles.row}>
          <div>
            <Text weight="semibold">{volume.pool}</Text>
            <Text block size={200}>
              Where it is lost: {policies[volume.onLoss]}
            </Text>
            <div className={styles.hosts}>
              {volume.hosts.map(({ name, trouble }) => (
                <Badge
                  key={name}
                  appearance="tint"
                  shape="rounded"
                  color={trouble === null ? "success" : "danger"}
                >
                  {trouble === null ? `${name} reaches it` : `${name}: ${trouble}`}
                </Badge>
              ))}
            </div>
          </div>
          {mayChange ? (
            <div>
              <Button appearance="subtle" onClick={() => setOpen({ volume })}>
                Change {volume.pool}
              </Button>
              <Button
                appearance="subtle"
                icon={<DeleteRegular />}
                aria-label={`Watch volume ${volume.pool} no longer`}
                onClick={() => setLeaving(volume.pool)}
              />
            </div>
          ) : null}
        </div>
      ))}
      {open === undefined ? null : (
        <VolumeForm through={through} present={open.volume} onClose={() => setOpen(undefined)} />
      )}
      {leaving === undefined ? null : (
        <Question
          title={`Watch volume ${leaving} no longer?`}
          confirm="Watch it no longer"
          isBusy={remove.isPending}
          onClose={() => setLeaving(undefined)}
          onConfirm={() => remove.mutate(leaving)}
        >
          The pool and everything in it stay.
        </Question>
      )}
    </Panel>
  );
}

function VolumeForm(given: {
  readonly through: string;
  readonly present: Volume | undefined;
  readonly onClose: () => void;
}) {
  const { through, present, onClose } = given;
  const cache = useQueryClient();
  const [pool, setPool] = useState(present?.pool ?? "");
  const [onLoss, setOnLoss] = useState<OnLoss>(present?.onLoss ?? "pause");
  const save = useMutation({
    mutationFn: () =>
      call("PUT /v1/cluster/volumes/{pool}", { params: { pool }, host: through, body: { onLoss } }),
    onSuccess: (answer) => {
      cache.setQueryData(keys.volumes(through), answer);
      onClose();
    },
  });
  return (
    <FormDialog
      title={present === undefined ? "Add a shared volume" : `Volume ${pool}`}
      confirm={present === undefined ? "Add" : "Save"}
      error={save.error}
      maySubmit={pool !== "" && !save.isPending}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      {present === undefined ? (
        <Field label="Pool" required hint="Every host of the cluster has it, by this name">
          <Input value={pool} onChange={(_, { value }) => setPool(value)} />
        </Field>
      ) : null}
      <OptionSelect
        label="When a host loses it"
        value={onLoss}
        names={policies}
        onChange={setOnLoss}
      />
    </FormDialog>
  );
}
