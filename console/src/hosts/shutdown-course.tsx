/** A shutdown as it goes: the moves, what ended, and the way back until the machine ends. */
import { Button, Text } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { HostShutdownStatus } from "../../../src/api/schema/host-shutdown.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Panel } from "../parts/panel.tsx";
import { time } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { LeavingVms } from "./leaving-vms.tsx";

const howWords: Readonly<Record<HostShutdownStatus["ended"][number]["how"], string>> = {
  "shut-down": "Shut down",
  "powered-off": "Powered off",
  failed: "Could not be ended",
};

const machineWords: Readonly<Record<NonNullable<HostShutdownStatus["end"]>, string>> = {
  reboot: "then the machine reboots",
  "power-off": "then the machine powers off",
  "stay-on": "the machine stays on",
};

interface CourseProps {
  readonly host: string;
  readonly status: HostShutdownStatus;
  /** It answers no more: what is shown is the last that it said. */
  readonly isAway: boolean;
}

export function ShutdownCourse({ host, status, isAway }: CourseProps) {
  const cache = useQueryClient();
  const announce = useAnnounce();
  const mayTakeBack = useMay("administrator");
  const takeBack = useMutation({
    mutationFn: () => call("POST /v1/host/resume", { host, body: { return: false } }),
    onSuccess: () => announce.done(`${host} is not shut down`),
    onError: announce.failed,
    onSettled: () => cache.invalidateQueries({ queryKey: keys.shutdown(host) }),
  });
  const { since, requestedBy, end, over, moves, ended } = status;
  return (
    <Panel
      title={
        isAway
          ? `${host} is down`
          : over
            ? `The VMs of ${host} are gone`
            : `${host} is being shut down`
      }
      actions={
        mayTakeBack && !isAway ? (
          <Button disabled={takeBack.isPending} onClick={() => takeBack.mutate()}>
            Take it back
          </Button>
        ) : undefined
      }
    >
      <Text>
        {since === null ? "" : `Since ${time(since)}`}
        {requestedBy === null ? "" : `, asked for by ${requestedBy}`}
        {end === null ? "" : `; ${machineWords[end]}`}
      </Text>
      <LeavingVms moves={moves} others={ended.map((one) => ({ ...one.vm, what: ending(one) }))} />
    </Panel>
  );
}

function ending({ how, reason, clustered }: HostShutdownStatus["ended"][number]): string {
  const next = clustered ? "; starts on another host when one can have it" : "";
  return `${howWords[how]}${reason === null ? "" : `: ${reason}`}${next}`;
}
