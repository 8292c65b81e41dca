/** How the power of a cluster's hosts is switched off before their VMs start elsewhere: set up, tried, and forgotten. */
import { Badge, Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Fence } from "../../../src/api/schema/cluster-parts.ts";
import type { ClusterStatus } from "../../../src/api/schema/cluster.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Question } from "../parts/question.tsx";
import { FenceForm } from "./fence-form.tsx";

const useStyles = makeStyles({
  row: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
  },
  words: { flexGrow: 1 },
});

interface FencesProps {
  readonly cluster: ClusterStatus;
  readonly through: string;
}

export function Fences({ cluster, through }: FencesProps) {
  const { data, error } = useQuery({
    queryKey: keys.fences(through),
    queryFn: ({ signal }) => call("GET /v1/cluster/fences", { host: through, signal }),
    retry: false,
  });
  return (
    <Panel title="Power fencing">
      {error === null ? null : <Problem error={error} />}
      <Text size={200}>
        Where a host's power can be switched off, that is done before its VMs start elsewhere.
        Without that its lease alone counts.
      </Text>
      {data === undefined
        ? null
        : cluster.hosts.map(({ name }) => (
            <HostFence
              key={name}
              host={name}
              through={through}
              fence={data.fences.find(({ host }) => host === name)}
            />
          ))}
    </Panel>
  );
}

function HostFence(given: {
  readonly host: string;
  readonly through: string;
  readonly fence: Fence | undefined;
}) {
  const { host, through, fence } = given;
  const styles = useStyles();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [open, setOpen] = useState<"form" | "question">();
  const look = () => void cache.invalidateQueries({ queryKey: keys.fences(through) });
  const params = { host };
  const ask = useMutation({
    mutationFn: () => call("POST /v1/cluster/fences/{host}/test", { params, host: through }),
    onSuccess: ({ isOn }) => announce.done(`The power of ${host} is ${isOn ? "on" : "off"}`),
    onError: announce.failed,
    onSettled: look,
  });
  const remove = useMutation({
    mutationFn: () => call("DELETE /v1/cluster/fences/{host}", { params, host: through }),
    onError: announce.failed,
    onSettled: () => {
      setOpen(undefined);
      look();
    },
  });
  return (
    <div className={styles.row}>
      <div className={styles.words}>
        <Text weight="semibold">{host}</Text>{" "}
        {fence === undefined ? (
          <Text size={200}>its lease alone counts</Text>
        ) : (
          <Text size={200}>
            {fence.action === "off" ? "switched off" : "started anew"} by {fence.agent}
          </Text>
        )}{" "}
        {fence?.trouble ? (
          <Badge appearance="tint" shape="rounded" color="danger">
            {fence.trouble}
          </Badge>
        ) : null}
      </div>
      <Button size="small" onClick={() => setOpen("form")}>
        {fence === undefined ? "Set up" : "Change"} the fence of {host}
      </Button>
      {fence === undefined ? null : (
        <>
          <Button size="small" disabled={ask.isPending} onClick={() => ask.mutate()}>
            {ask.isPending ? "Being asked" : "Ask for its power"}
          </Button>
          <Button size="small" onClick={() => setOpen("question")}>
            Forget it
          </Button>
        </>
      )}
      {open === "form" ? (
        <FenceForm
          host={host}
          through={through}
          present={fence}
          onClose={() => {
            setOpen(undefined);
            look();
          }}
        />
      ) : null}
      {open === "question" ? (
        <Question
          title={`Forget how the power of ${host} is switched off?`}
          confirm="Forget it"
          isBusy={remove.isPending}
          onClose={() => setOpen(undefined)}
          onConfirm={() => remove.mutate()}
        >
          Its lease alone counts then: the others wait until it must have stopped its VMs.
        </Question>
      ) : null}
    </div>
  );
}
