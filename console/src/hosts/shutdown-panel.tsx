/** Shutting a host down: what becomes of each VM first, then its course, and the way back while there is one. */
import { Spinner, Text } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type {
  HostShutdownBegin,
  HostShutdownPlan,
  HostShutdownPlanRequest,
} from "../../../src/api/schema/host-shutdown.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { FieldGrid } from "../parts/field-grid.tsx";
import { OptionSelect } from "../parts/option-select.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Question } from "../parts/question.tsx";
import { PlanSteps, planTimeoutMs } from "./plan-steps.tsx";
import { ShutdownCourse } from "./shutdown-course.tsx";
import { ShutdownPlan } from "./shutdown-plan.tsx";

/** VMs leave and end without an event of the shutdown's own. */
const lookEveryMs = 1_000;

type Policy = HostShutdownPlan["policy"] | "settings";

const policyNames: Readonly<Record<Policy, string>> = {
  settings: "What the host's and each VM's settings say",
  move: "All move to other hosts",
  shutdown: "All are shut down",
  "power-off": "All lose their power",
};

const endNames: Readonly<Record<HostShutdownBegin["end"], string>> = {
  reboot: "Reboots",
  "power-off": "Powers off",
  "stay-on": "Stays on",
};

const confirmations: Readonly<Record<HostShutdownBegin["end"], string>> = {
  reboot: "Reboot it",
  "power-off": "Power it off",
  "stay-on": "End its VMs",
};

export function ShutdownPanel({ host }: { readonly host: string }) {
  const { data, error } = useQuery({
    queryKey: keys.shutdown(host),
    queryFn: () => call("GET /v1/host/shutdown", { host }),
    refetchInterval: ({ state }) => ((state.data?.since ?? null) === null ? false : lookEveryMs),
  });
  if (data === undefined) {
    return error === null ? <Spinner label={`Asking ${host}`} /> : <Problem error={error} />;
  }
  return data.since === null ? (
    <PlanOfShutdown host={host} />
  ) : (
    <ShutdownCourse host={host} status={data} isAway={error !== null} />
  );
}

function PlanOfShutdown({ host }: { readonly host: string }) {
  const cache = useQueryClient();
  const [policy, setPolicy] = useState<Policy>("settings");
  const [end, setEnd] = useState<HostShutdownBegin["end"]>("reboot");
  const [withStorage, setWithStorage] = useState(false);
  const [isAsked, setIsAsked] = useState(false);
  const asked: HostShutdownPlanRequest = {
    withStorage,
    ...(policy === "settings" ? {} : { policy }),
  };
  const plan = useMutation({
    mutationFn: () =>
      call("POST /v1/host/shutdown/plan", { host, body: asked, timeoutMs: planTimeoutMs }),
  });
  const begin = useMutation({
    mutationFn: ({ ends, withinMs }: HostShutdownPlan) => {
      const moves = ends.flatMap(({ vm, target }) =>
        target === null ? [] : [{ vm: vm.id, target }],
      );
      const body = { ...asked, moves, end, withinMs };
      return call("POST /v1/host/shutdown", { host, body, timeoutMs: planTimeoutMs });
    },
    onSuccess: (status) => cache.setQueryData(keys.shutdown(host), status),
    onSettled: () => setIsAsked(false),
  });
  const problem = plan.error ?? begin.error;
  return (
    <Panel title={`Shut ${host} down`}>
      <Text>
        First a plan is made: what becomes of each VM that runs on {host}. Nothing changes before
        you confirm it. What is shut down starts again when the machine is up.
      </Text>
      {problem === null ? null : <Problem error={problem} />}
      <FieldGrid>
        <OptionSelect
          label="Its VMs"
          value={policy}
          names={policyNames}
          onChange={(chosen) => {
            setPolicy(chosen);
            plan.reset();
          }}
        />
        <OptionSelect label="Then the machine" value={end} names={endNames} onChange={setEnd} />
      </FieldGrid>
      <PlanSteps
        withStorage={withStorage}
        otherwise="are shut down"
        onStorage={(chosen) => {
          setWithStorage(chosen);
          plan.reset();
        }}
        isPlanning={plan.isPending}
        onPlan={() => plan.mutate()}
        begin={
          plan.data && {
            words: `${confirmations[end]} by this plan`,
            isBusy: begin.isPending,
            onBegin: () => setIsAsked(true),
          }
        }
      />
      {plan.data === undefined ? null : <ShutdownPlan plan={plan.data} />}
      {isAsked && plan.data !== undefined ? (
        <Question
          title={`Shut ${host} down?`}
          confirm={confirmations[end]}
          isBusy={begin.isPending}
          onClose={() => setIsAsked(false)}
          onConfirm={() => begin.mutate(plan.data)}
        >
          {consequence(plan.data)} Then the machine {endNames[end].toLowerCase()}.
        </Question>
      ) : null}
    </Panel>
  );
}

function consequence({ ends }: HostShutdownPlan): string {
  const moving = ends.filter(({ does }) => does === "move").length;
  const words = (count: number, verb: string) =>
    `${count} ${count === 1 ? `VM ${verb}s` : `VMs ${verb}`}`;
  return `${words(moving, "leave")} the host, ${words(ends.length - moving, "end")} there.`;
}
