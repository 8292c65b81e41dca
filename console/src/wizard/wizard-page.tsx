/** The move wizard: what, where, how, what the checks say, go. */
import { Button, makeStyles, Spinner, tokens } from "@fluentui/react-components";
import { ArrowSwapRegular } from "@fluentui/react-icons/svg/arrow-swap";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { SavedReport } from "../../../src/api/schema/check.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { useMigration } from "../migrations/migration-data.ts";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { useMay } from "../session/session.tsx";
import { Page } from "../shell/page.tsx";
import { CheckStep, type Reports, useReports } from "./check-step.tsx";
import {
  type Choice,
  choiceOf,
  firstChoice,
  isComplete,
  optionsOf,
  type Step,
  steps,
} from "./choice.ts";
import { HowStep } from "./how-step.tsx";
import { OpenReport } from "./open-report.tsx";
import { StepLine } from "./step-line.tsx";
import { WhatStep } from "./what-step.tsx";
import { WhereStep } from "./where-step.tsx";

const route = getRouteApi("/move");

const useStyles = makeStyles({
  foot: { display: "flex", gap: tokens.spacingHorizontalM },
  end: { marginInlineStart: "auto" },
});

const titles: Readonly<Record<Step, string>> = {
  what: "What shall move?",
  where: "Where to?",
  how: "How?",
  check: "What the checks say",
};

export function WizardPage() {
  const { vms, target, again, resume } = route.useSearch();
  if (again !== undefined) return <WizardAgain key={again} id={again} resumes={resume === true} />;
  // Another VM dropped onto a host while this page is open begins anew.
  return (
    <Wizard
      key={`${vms} ${target}`}
      begin={{ ...firstChoice, vms: vms?.split(",") ?? [], target }}
    />
  );
}

/** A move as it was asked for before. */
function WizardAgain({ id, resumes }: { readonly id: string; readonly resumes: boolean }) {
  const { data, error } = useMigration(id);
  if (data !== undefined) {
    const begin = choiceOf(data);
    return <Wizard begin={resumes ? { ...begin, kind: "with-disks", resume: true } : begin} />;
  }
  return (
    <Page title="Move">
      {error === null ? <Spinner label="Asking how it was moved before" /> : null}
      {error === null ? null : <Problem error={error} />}
    </Page>
  );
}

function Wizard({ begin }: { readonly begin: Choice }) {
  const styles = useStyles();
  const mayMove = useMay("operator");
  const [choice, setChoice] = useState(begin);
  const [step, setStep] = useState<Step>(() => firstStep(begin.vms, begin.target));
  const [saved, setSaved] = useState<SavedReport>();
  const change = (part: Partial<Choice>) => setChoice((old) => ({ ...old, ...part }));
  const open = (report: SavedReport) => {
    setSaved(report);
    setChoice(choiceOf(report));
    setStep("check");
  };
  const at = steps.indexOf(step);
  const reports = useReports(choice, step === "check", saved);
  const go = useGo(choice, reports);
  if (!mayMove) return <Page title="Move">Your role does not allow moves.</Page>;
  const next = steps[at + 1];
  const previous = steps[at - 1];
  return (
    <Page title="Move" actions={<OpenReport onOpen={open} />}>
      <StepLine present={step} choice={choice} onStep={setStep} />
      <Panel title={titles[step]}>
        {step === "what" ? <WhatStep choice={choice} onChange={change} /> : null}
        {step === "where" ? <WhereStep choice={choice} onChange={change} /> : null}
        {step === "how" ? <HowStep choice={choice} onChange={change} /> : null}
        {step === "check" ? (
          <CheckStep choice={choice} reports={reports} onChange={change} />
        ) : null}
        {go.error === null ? null : <Problem error={go.error} />}
        <div className={styles.foot}>
          {previous === undefined ? null : <Button onClick={() => setStep(previous)}>Back</Button>}
          {next === undefined ? (
            <Button
              className={styles.end}
              appearance="primary"
              icon={<ArrowSwapRegular />}
              disabled={go.isPending || !reports.isPossible}
              onClick={() => go.mutate()}
            >
              {choice.kind === "disks-only" ? "Move the disks" : "Move"}
            </Button>
          ) : (
            <Button
              className={styles.end}
              appearance="primary"
              disabled={!isComplete(step, choice)}
              onClick={() => setStep(next)}
            >
              Next
            </Button>
          )}
        </div>
      </Panel>
    </Page>
  );
}

/** What the address already answers is not asked again. */
function firstStep(vms: readonly string[], target: string | undefined): Step {
  if (vms.length === 0) return "what";
  return target === undefined ? "where" : "check";
}

function useGo(choice: Choice, { reports }: Reports) {
  const navigate = useNavigate();
  const announce = useAnnounce();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const { vms, target = "", kind, pool } = choice;
      if (kind === "disks-only") {
        for (const vm of vms) {
          const body = { pool };
          const begun = await call("POST /v1/vms/{vm}/move-storage", { params: { vm }, body });
          cache.setQueryData(keys.storageMove(begun.id), begun.storageMove);
        }
        return [];
      }
      const options = optionsOf(choice);
      const asked = vms.map((vm) => {
        // What was seen here is what the move is held to.
        const report = reports.find((one) => one.vm === vm)?.report;
        const body = { vm, target, options, ...(report && { report }) };
        return call("POST /v1/migrations", { body });
      });
      return await Promise.all(asked);
    },
    onSuccess: ([only, ...more]) => {
      if (only === undefined) {
        announce.done(`The disks are on their way to pool ${choice.pool}`);
        void navigate({
          to: "/vms/$vm",
          params: { vm: choice.vms[0] ?? "" },
          search: { tab: "hardware" },
        });
      } else if (more.length > 0) void navigate({ to: "/migrations" });
      else void navigate({ to: "/migrations/$id", params: { id: only.id } });
    },
  });
}
