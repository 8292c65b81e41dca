/** A VM's disks on their way to another pool of its host: how far they are, what came of it, and the way to stop them. */
import { Button, Text } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { FerryError } from "../../../src/base/errors.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { DiskProgress } from "../parts/disk-progress.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { time } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";

type Record = NonNullable<Vm["storageMove"]>;

/** Its host tells of it only when it is asked. */
const readAgainMs = 500;

const titles: Readonly<globalThis.Record<Record["state"], string>> = {
  running: "Its disks are on their way to another pool",
  cancelling: "Its disks stop on their way to another pool",
  completed: "Its disks moved to another pool",
  cancelled: "Moving its disks to another pool was cancelled",
  failed: "Moving its disks to another pool failed",
};

export function StorageMove({ vm }: { readonly vm: Vm }) {
  const cache = useQueryClient();
  const announce = useAnnounce();
  const mayCancel = useMay("operator");
  const { data } = useQuery({
    queryKey: keys.storageMove(vm.id),
    queryFn: async ({ signal }) => {
      const { storageMove } = await call("GET /v1/vms/{vm}", { params: { vm: vm.id }, signal });
      return storageMove;
    },
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.endedAt === null ? readAgainMs : false),
  });
  const cancel = useMutation({
    mutationFn: () => call("POST /v1/vms/{vm}/move-storage/cancel", { params: { vm: vm.id } }),
    onError: announce.failed,
    onSettled: () => void cache.invalidateQueries({ queryKey: keys.storageMove(vm.id) }),
  });
  if (!data) return null;
  const { state, disks, error, endedAt } = data;
  return (
    <Panel
      title={titles[state]}
      actions={
        mayCancel && state === "running" ? (
          <Button disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel
          </Button>
        ) : undefined
      }
    >
      {error === null ? null : <Problem error={problemOf(error)} />}
      {endedAt === null ? null : <Text size={200}>Ended {time(endedAt)}</Text>}
      {disks.map((disk) => (
        <DiskProgress key={disk.name} disk={disk} />
      ))}
    </Panel>
  );
}

function problemOf({ message, remedy }: NonNullable<Record["error"]>): FerryError {
  return new FerryError("internal", message, remedy === undefined ? {} : { remedy });
}
