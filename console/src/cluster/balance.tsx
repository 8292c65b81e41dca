/** Moves that would even out the hosts, each with its reason: looked at first, then queued all at once. */
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { BalanceAnswer, ClusterStatus } from "../../../src/api/schema/cluster.ts";
import { call } from "../api/call.ts";
import { TextLink } from "../parts/app-link.tsx";
import { Meter } from "../parts/meter.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { bytes } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";

const useStyles = makeStyles({
  actions: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalM },
  quiet: { color: tokens.colorNeutralForeground2 },
});

export function Balance(given: { readonly cluster: ClusterStatus; readonly through: string }) {
  const styles = useStyles();
  const navigate = useNavigate();
  const mayMove = useMay("operator");
  const propose = useMutation({
    mutationFn: () => call("GET /v1/cluster/balance", { host: given.through }),
  });
  const apply = useMutation({
    mutationFn: async ({ moves }: BalanceAnswer) => {
      for (const { vm, to } of moves) {
        if (to === null) continue;
        await call("POST /v1/migrations", { body: { vm: vm.id, target: to } });
      }
    },
    onSuccess: () => void navigate({ to: "/migrations" }),
  });
  const { data } = propose;
  const moves = data?.moves ?? [];
  const error = propose.error ?? apply.error;
  return (
    <Panel title="Balance">
      <Text>
        Proposes moves of VMs of the cluster that would even out its hosts. Nothing moves before you
        confirm it.
      </Text>
      {error === null ? null : <Problem error={error} />}
      <div className={styles.actions}>
        <Button disabled={propose.isPending} onClick={() => propose.mutate()}>
          Propose moves
        </Button>
        {data === undefined || moves.length === 0 || !mayMove ? null : (
          <Button
            appearance="primary"
            disabled={apply.isPending}
            onClick={() => apply.mutate(data)}
          >
            {moves.length === 1 ? "Make this move" : `Make these ${moves.length} moves`}
          </Button>
        )}
      </div>
      {data?.hosts.map(({ name, memoryTotalBytes, memoryAvailableBytes, runningVms }) => (
        <Meter
          key={name}
          label={`${name}, ${runningVms === 1 ? "one VM runs" : `${runningVms} VMs run`}`}
          used={memoryTotalBytes - memoryAvailableBytes}
          total={memoryTotalBytes}
          text={`${bytes(memoryAvailableBytes)} free of ${bytes(memoryTotalBytes)}`}
        />
      ))}
      {data !== undefined && moves.length === 0 ? (
        <Text>The hosts are even enough: there is nothing to move.</Text>
      ) : null}
      {moves.map(({ vm, from, to, reason }) => (
        <Text key={vm.id}>
          <TextLink to="/vms/$vm" params={{ vm: vm.name }}>
            {vm.name}
          </TextLink>{" "}
          from {from} to {to ?? "nowhere"}
          <Text block size={200} className={styles.quiet}>
            {reason}
          </Text>
        </Text>
      ))}
    </Panel>
  );
}
