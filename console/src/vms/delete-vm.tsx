/** Deletes a VM that is off, with its disks only if that is asked for. */
import { Checkbox } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { call } from "../api/call.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Problem } from "../parts/problem.tsx";
import { Question } from "../parts/question.tsx";

export function DeleteVm({ vm, onClose }: { readonly vm: Vm; readonly onClose: () => void }) {
  const [withDisks, setWithDisks] = useState(false);
  const announce = useAnnounce();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () =>
      call("DELETE /v1/vms/{vm}", {
        params: { vm: vm.name },
        query: { disks: withDisks ? "delete" : "keep" },
      }),
    onSuccess: () => {
      announce.done(`${vm.name} is deleted`);
      onClose();
      void navigate({ to: "/vms" });
    },
  });
  const files = vm.definition.disks.map(({ pool, file }) => `${file} in ${pool}`);
  return (
    <Question
      title={`Delete ${vm.name}?`}
      confirm={withDisks ? "Delete it and its disks" : "Delete it"}
      isBusy={remove.isPending}
      onClose={onClose}
      onConfirm={() => remove.mutate()}
    >
      {remove.error === null ? null : <Problem error={remove.error} />}
      <p>Its definition is gone then. {files.length === 0 ? "It has no disks." : ""}</p>
      {files.length === 0 ? null : (
        <Checkbox
          checked={withDisks}
          onChange={(_, { checked }) => setWithDisks(checked === true)}
          label={`Delete its disks too, for good: ${files.join(", ")}`}
        />
      )}
    </Question>
  );
}
