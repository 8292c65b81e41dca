/** Ends a doubt that only a person can end: the other host is dead, the VM goes on here. Says what it risks, and asks. */
import { Button } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { call } from "../api/call.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Question } from "../parts/question.tsx";
import { useMay } from "../session/session.tsx";

export function ResolveMove({ move }: { readonly move: MigrationRecord }) {
  const mayResolve = useMay("administrator");
  const announce = useAnnounce();
  const [isAsking, setAsking] = useState(false);
  const { vm, role, source, target } = move;
  const [own, other] = role === "source" ? [source, target] : [target, source];
  const word = role === "source" ? "target-is-dead" : "source-is-dead";
  const resolve = useMutation({
    mutationFn: () =>
      call("POST /v1/migrations/{id}/resolve", {
        ...{ params: { id: move.id }, host: own, body: { word } },
      }),
    onSuccess: () => announce.done(`${vm.name} goes on on ${own}`),
    onError: announce.failed,
  });
  if (!mayResolve || move.state !== "unresolved") return null;
  return (
    <>
      <Button disabled={resolve.isPending} onClick={() => setAsking(true)}>
        {other} is dead
      </Button>
      {isAsking ? (
        <Question
          title={`Is ${other} dead?`}
          confirm={`It is dead: go on on ${own}`}
          onClose={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            resolve.mutate();
          }}
        >
          {vm.name} runs on {own} from here on, and {other} loses its copy of it when it is back. If{" "}
          {other} is not dead but only out of reach, two copies of the VM run until then: on shared
          disks they destroy each other’s data, and what was done on {other} is lost. Be sure that{" "}
          {other} is off and stays off, or has been restarted since.
        </Question>
      ) : null}
    </>
  );
}
