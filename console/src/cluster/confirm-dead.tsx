/** A person's word that a silent host is dead: its VMs start elsewhere at once, instead of after its lease. */
import { Button, Text } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Question } from "../parts/question.tsx";

export function ConfirmDead({
  host,
  through,
}: {
  readonly host: string;
  readonly through: string;
}) {
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [isAsked, setAsked] = useState(false);
  const confirm = useMutation({
    mutationFn: () => call("POST /v1/cluster/confirm-dead", { host: through, body: { host } }),
    onSuccess: () => announce.done(`${host} counts as dead`),
    onError: announce.failed,
    onSettled: () => {
      setAsked(false);
      void cache.invalidateQueries({ queryKey: keys.clusters });
    },
  });
  return (
    <>
      <Button size="small" onClick={() => setAsked(true)}>
        It is dead
      </Button>
      {isAsked ? (
        <Question
          title={`Is ${host} dead?`}
          confirm="It is dead"
          isBusy={confirm.isPending}
          onClose={() => setAsked(false)}
          onConfirm={() => confirm.mutate()}
        >
          <Text>
            Say so only when you have seen that it is without power, or its VMs may run twice and
            spoil their disks. They start elsewhere at once.
          </Text>
        </Question>
      ) : null}
    </>
  );
}
