/** One move: watched while it runs, explained when it is over. */
import { Button, makeStyles, ProgressBar, Spinner, Text, tokens } from "@fluentui/react-components";
import { ArrowClockwiseRegular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy } from "react";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { AppLink } from "../parts/app-link.tsx";
import { FailureEdge } from "../parts/failure-edge.tsx";
import { MoveState } from "../parts/move-state.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { duration } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { Page } from "../shell/page.tsx";
import { BlackoutParts } from "./blackout-parts.tsx";
import { CancelMove } from "./cancel-move.tsx";
import { Adjustments, EarlyVerdict } from "./convergence.tsx";
import { useMigration } from "./migration-data.ts";
import { MoveFacts } from "./move-facts.tsx";
import { MoveProblem } from "./move-problem.tsx";
import { moveWords } from "./move-row.tsx";
import { NetworkShares } from "./network-shares.tsx";
import { ResolveMove } from "./resolve-move.tsx";
import { MovedDisks, RoundsTable } from "./rounds-table.tsx";
import { standstillMs } from "./standstill.ts";
import { StageLine } from "./stage-line.tsx";
import { StepIn } from "./step-in.tsx";

const route = getRouteApi("/migrations/$id");
const MoveCharts = lazy(async () => ({ default: (await import("./move-charts.tsx")).MoveCharts }));

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(420px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
    alignItems: "start",
  },
});

export function MigrationPage() {
  const { id } = route.useParams();
  const { data, error } = useMigration(id);
  if (data !== undefined) return <KnownMove move={data} />;
  return (
    <Page title="Move">
      {error === null ? <Spinner label="Asking the hosts" /> : <Problem error={error} />}
    </Page>
  );
}

function KnownMove({ move }: { readonly move: MigrationRecord }) {
  const styles = useStyles();
  return (
    <Page
      title={`${move.vm.name}: ${move.source} to ${move.target}`}
      badge={<MoveState state={move.state} />}
      actions={
        <>
          <CancelMove move={move} />
          <TryAgain move={move} />
          <ResolveMove move={move} />
        </>
      }
    >
      <MoveProblem move={move} />
      <EarlyVerdict move={move} />
      <Panel title={headline(move)} actions={<VmLink move={move} />}>
        <StageLine move={move} />
        {move.endedAt === null ? <Progress move={move} /> : null}
        <StepIn move={move} />
      </Panel>
      {move.blackout === null ? null : <BlackoutParts blackout={move.blackout} />}
      {move.progress === null && move.rounds.length === 0 ? null : (
        <FailureEdge>
          <MoveCharts move={move} />
        </FailureEdge>
      )}
      <div className={styles.columns}>
        {move.disks.length === 0 ? null : <MovedDisks disks={move.disks} />}
        {move.rounds.length === 0 ? null : <RoundsTable rounds={move.rounds} />}
        <Adjustments move={move} />
        <NetworkShares move={move} />
        <MoveFacts move={move} />
      </div>
    </Page>
  );
}

function headline(move: MigrationRecord): string {
  const { state, startedAt, endedAt, target, source } = move;
  if (state === "queued") return move.waitingFor ?? "It waits for its turn";
  if (state === "completed" && startedAt !== null && endedAt !== null) {
    return `Moved in ${duration(endedAt - startedAt)}; it runs on ${target}`;
  }
  if (state === "failed" || state === "cancelled") return `It runs on ${source}, as before`;
  return "Stages";
}

function Progress({ move }: { readonly move: MigrationRecord }) {
  const { progress } = move;
  const words = moveWords(move);
  const expected = progress === null ? null : standstillMs(progress);
  return (
    <div>
      <ProgressBar
        aria-label={`How far the move of ${move.vm.name} is`}
        thickness="large"
        value={(progress?.percent ?? 0) / 100}
      />
      <Text>
        {words}
        {expected === null
          ? ""
          : `. If it switched over now, the guest would stand still for about ${duration(expected)}`}
        {progress !== null && progress.throttlePercent > 0
          ? `. The guest is slowed down by ${progress.throttlePercent} %`
          : ""}
      </Text>
    </div>
  );
}

function VmLink({ move }: { readonly move: MigrationRecord }) {
  const mayOperate = useMay("operator");
  return (
    <Text>
      <AppLink
        to="/vms/$vm"
        params={{ vm: move.vm.name }}
        search={mayOperate ? { tab: "screen" } : {}}
      >
        {mayOperate ? "Its screen" : "The VM"}
      </AppLink>
    </Text>
  );
}

function TryAgain({ move }: { readonly move: MigrationRecord }) {
  const mayMove = useMay("operator");
  const navigate = useNavigate();
  if (!mayMove || (move.state !== "failed" && move.state !== "cancelled")) return null;
  return (
    <Button
      icon={<ArrowClockwiseRegular />}
      onClick={() => void navigate({ to: "/move", search: { again: move.id } })}
    >
      Try again
    </Button>
  );
}
