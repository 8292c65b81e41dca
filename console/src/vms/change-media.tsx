/** What lies in a VM's CD drives: put in and taken out, also while it runs. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { call } from "../api/call.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { FileSelect } from "./file-select.tsx";
import { withMedium } from "./hardware-changes.ts";
import { usePoolFiles } from "./pool-files.ts";

export function ChangeMedia({ vm, onClose }: { readonly vm: Vm; readonly onClose: () => void }) {
  const announce = useAnnounce();
  const [definition, setDefinition] = useState(vm.definition);
  const files = usePoolFiles(vm.host).filter(({ file }) => file.endsWith(".iso"));
  const save = useMutation({
    mutationFn: () => call("PUT /v1/vms/{vm}", { params: { vm: vm.name }, body: definition }),
    onSuccess: () => {
      announce.done(`The drives of ${vm.name} are changed`);
      onClose();
    },
  });
  return (
    <FormDialog
      title={`Media of ${vm.name}`}
      confirm="Change"
      error={save.error}
      maySubmit={!save.isPending}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      {definition.cdroms.map(({ name, medium }) => (
        <FileSelect
          key={name}
          label={`Drive ${name}`}
          none="Empty"
          files={files}
          chosen={medium}
          onChange={(next) => setDefinition(withMedium(definition, name, next))}
        />
      ))}
    </FormDialog>
  );
}
