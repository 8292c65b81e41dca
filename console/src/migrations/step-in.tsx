/** What an administrator may do to bring memory across, exactly while it is copied. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { FastForwardRegular } from "@fluentui/react-icons/svg/fast-forward";
import { TopSpeedRegular } from "@fluentui/react-icons/svg/top-speed";
import { PauseRegular } from "@fluentui/react-icons/svg/pause";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { MigrationStepIn } from "../../../src/api/schema/migration.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { call } from "../api/call.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Question } from "../parts/question.tsx";
import { duration } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";

const useStyles = makeStyles({
  buttons: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
});

const done: Readonly<Record<MigrationStepIn["action"], string>> = {
  hurry: "may stand still for as long as its host allows at most",
  throttle: "is slowed down",
  "switch-now": "changes hosts now",
};

export function StepIn({ move }: { readonly move: MigrationRecord }) {
  const styles = useStyles();
  const mayStepIn = useMay("operator");
  const announce = useAnnounce();
  const [isAsking, setAsking] = useState(false);
  const step = useMutation({
    mutationFn: (action: MigrationStepIn["action"]) =>
      call("POST /v1/migrations/{id}/step-in", { params: { id: move.id }, body: { action } }),
    onSuccess: (_, action) => announce.done(`${move.vm.name} ${done[action]}`),
    onError: announce.failed,
  });
  if (!mayStepIn || move.state !== "running" || move.stage !== "memory-precopy") return null;
  return (
    <div className={styles.buttons} role="group" aria-label="Step in">
      <Button
        icon={<FastForwardRegular />}
        disabled={step.isPending}
        onClick={() => step.mutate("hurry")}
      >
        Allow the longest blackout
      </Button>
      <Button
        icon={<TopSpeedRegular />}
        disabled={step.isPending}
        onClick={() => step.mutate("throttle")}
      >
        Slow the guest down
      </Button>
      <Button icon={<PauseRegular />} disabled={step.isPending} onClick={() => setAsking(true)}>
        Switch over now
      </Button>
      {isAsking ? (
        <Question
          title={`Switch ${move.vm.name} over now?`}
          confirm="Switch over now"
          onClose={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            step.mutate("switch-now");
          }}
        >
          {whatItMeans(move)}
        </Question>
      ) : null}
    </div>
  );
}

function whatItMeans({ options, progress, verdict, target }: MigrationRecord): string {
  if (options.convergencePolicy === "post-copy") {
    return `The guest goes on at ${target} at once, which fetches the rest of its memory page by page: until all is there, the failure of either host loses the VM.`;
  }
  const still = verdict?.stopMs ?? progress?.expectedBlackoutMs ?? null;
  const long = still === null ? "as long as the rest takes" : `about ${duration(still)}`;
  return `The guest stands still for ${long}. Where its host's policy is post-copy it goes on at ${target} at once instead, and fetches the rest.`;
}
