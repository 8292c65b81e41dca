/** Emptying a host: the plan first, then the moves as they go, and the way back. */
import { Button, makeStyles, Spinner, Text, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { DrainPlanAnswer, DrainStatus } from "../../../src/api/schema/drain.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { time } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { DrainPlan } from "./drain-plan.tsx";
import { LeavingVms } from "./leaving-vms.tsx";
import { PlanSteps, planTimeoutMs } from "./plan-steps.tsx";

const useStyles = makeStyles({
  actions: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalM },
});

export function DrainPanel({ host }: { readonly host: string }) {
  const { data, error } = useQuery({
    queryKey: keys.drain(host),
    queryFn: () => call("GET /v1/host/drain", { host }),
  });
  if (data === undefined) {
    return error === null ? <Spinner label={`Asking ${host}`} /> : <Problem error={error} />;
  }
  return data.drained ? <Drained host={host} status={data} /> : <PlanOfDrain host={host} />;
}

function PlanOfDrain({ host }: { readonly host: string }) {
  const cache = useQueryClient();
  const [withStorage, setWithStorage] = useState(false);
  const plan = useMutation({
    mutationFn: () =>
      call("POST /v1/host/drain/plan", { host, body: { withStorage }, timeoutMs: planTimeoutMs }),
  });
  const begin = useMutation({
    mutationFn: ({ moves }: DrainPlanAnswer) =>
      call("POST /v1/host/drain", {
        host,
        body: { withStorage, moves: moves.map(({ vm, target }) => ({ vm: vm.id, target })) },
        timeoutMs: planTimeoutMs,
      }),
    onSuccess: (status) => cache.setQueryData(keys.drain(host), status),
  });
  const problem = plan.error ?? begin.error;
  return (
    <Panel title={`Empty ${host} for maintenance`}>
      <Text>
        First a plan is made: where each VM would go. Nothing changes before you confirm it. From
        then on no VM comes to {host} or starts there, until you open it again.
      </Text>
      {problem === null ? null : <Problem error={problem} />}
      <PlanSteps
        withStorage={withStorage}
        otherwise="stay"
        onStorage={(chosen) => {
          setWithStorage(chosen);
          plan.reset();
        }}
        isPlanning={plan.isPending}
        onPlan={() => plan.mutate()}
        begin={
          plan.data && {
            words: `Drain ${host} by this plan`,
            isBusy: begin.isPending,
            onBegin: () => begin.mutate(plan.data),
          }
        }
      />
      {plan.data === undefined ? null : <DrainPlan plan={plan.data} />}
    </Panel>
  );
}

function Drained({ host, status }: { readonly host: string; readonly status: DrainStatus }) {
  const styles = useStyles();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const mayResume = useMay("administrator");
  const resume = useMutation({
    mutationFn: (brings: boolean) =>
      call("POST /v1/host/resume", { host, body: { return: brings }, timeoutMs: planTimeoutMs }),
    onSuccess: ({ returns }) => {
      void cache.invalidateQueries({ queryKey: keys.drain(host) });
      announce.done(`${host} is open again; ${returns.length} VMs come back`);
    },
    onError: announce.failed,
  });
  return (
    <Panel
      title={status.over ? `${host} is closed for VMs` : `${host} is being emptied`}
      actions={
        mayResume ? (
          <div className={styles.actions}>
            <Button disabled={resume.isPending} onClick={() => resume.mutate(false)}>
              Open it again
            </Button>
            <Button
              appearance="primary"
              disabled={resume.isPending}
              onClick={() => resume.mutate(true)}
            >
              Open it and bring its VMs back
            </Button>
          </div>
        ) : undefined
      }
    >
      <Text>
        {status.since === null ? "" : `Since ${time(status.since)}`}
        {status.requestedBy === null ? "" : `, asked for by ${status.requestedBy}`}
      </Text>
      <LeavingVms
        moves={status.moves}
        others={status.stays.map(({ vm, reason }) => ({ ...vm, what: `stays: ${reason}` }))}
      />
    </Panel>
  );
}
