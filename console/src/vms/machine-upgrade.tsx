/** Gives a VM a newer machine type: at once where it is off, else when it is next started from nothing. */
import { Button, Text } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { call } from "../api/call.ts";
import { useHostDetails, useHosts } from "../hosts/host-data.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { OptionSelect } from "../parts/option-select.tsx";
import { newerTypes } from "./machine-types.ts";

export function MachineUpgrade({ vm }: { readonly vm: Vm }) {
  const announce = useAnnounce();
  const details = useHostDetails(useHosts());
  const { type, upgradeTo } = vm.definition.machine;
  const typesByHost = new Map(
    [...details].map(([name, host]) => [name, host.qemu?.machineTypes ?? []]),
  );
  const offered = newerTypes(type, vm.host, typesByHost);
  /** Undefined while the form is closed. */
  const [wanted, setWanted] = useState<string>();
  const save = useMutation({
    mutationFn: (machineType: string | null) =>
      call("POST /v1/vms/{vm}/upgrade", { params: { vm: vm.name }, body: { machineType } }),
    onSuccess: () => {
      announce.done(`The machine type of ${vm.name} is changed`);
      setWanted(undefined);
    },
  });
  const best = offered.find(({ missingOn }) => missingOn.length === 0) ?? offered[0];
  if (upgradeTo !== undefined) {
    return (
      <Button disabled={save.isPending} onClick={() => save.mutate(null)}>
        Stay with {type}
      </Button>
    );
  }
  if (best === undefined) return null;
  return (
    <>
      <Button disabled={vm.migration !== null} onClick={() => setWanted(best.type)}>
        Newer machine type
      </Button>
      {wanted === undefined ? null : (
        <FormDialog
          title={`A newer machine type for ${vm.name}`}
          confirm="Change"
          error={save.error}
          maySubmit={!save.isPending}
          onSubmit={() => save.mutate(wanted)}
          onClose={() => setWanted(undefined)}
        >
          <OptionSelect
            label={`Instead of ${type}`}
            value={wanted}
            names={Object.fromEntries(
              offered.map(({ type: newer, missingOn }) => [
                newer,
                missingOn.length === 0 ? newer : `${newer}: not on ${missingOn.join(", ")}`,
              ]),
            )}
            onChange={setWanted}
          />
          <Text size={200}>
            A guest that runs keeps its machine until it is started from nothing. A host that lacks
            the new type cannot have the VM then.
          </Text>
        </FormDialog>
      )}
    </>
  );
}
