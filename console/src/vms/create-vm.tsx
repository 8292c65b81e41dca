/** A new VM: little is asked, the rest has defaults; disks are made empty, imported, or taken as they are. */
import { Checkbox, Field, Input, Select } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { call } from "../api/call.ts";
import { useHosts } from "../hosts/host-data.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { CountField } from "../parts/count-field.tsx";
import { FieldGrid } from "../parts/field-grid.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { OptionSelect } from "../parts/option-select.tsx";
import { type DiskChoice, DiskFields } from "./disk-fields.tsx";
import { draftOf, type VmForm } from "./vm-draft.ts";

const firmwareNames = { bios: "BIOS", uefi: "UEFI" } as const;

const firstForm: VmForm = {
  ...{ name: "", memoryMib: 1024, cpus: 1, firmware: "bios", network: "" },
  disk: { kind: "new", pool: "", gib: 20, file: "", path: "" },
};

export function CreateVm({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate();
  const announce = useAnnounce();
  const hosts = useHosts().filter(({ reachable }) => reachable);
  const [chosenHost, setHost] = useState<string>();
  const host = chosenHost ?? hosts[0]?.name ?? "";
  const [form, setForm] = useState(firstForm);
  const [starts, setStarts] = useState(true);
  const change = (part: Partial<VmForm>) => setForm((old) => ({ ...old, ...part }));
  const changeDisk = (part: Partial<DiskChoice>) =>
    setForm((old) => ({ ...old, disk: { ...old.disk, ...part } }));
  const switches = useQuery({
    queryKey: keys.switches(host),
    queryFn: () => call("GET /v1/switches", { host }),
    enabled: host !== "",
  });
  const create = useMutation({
    mutationFn: async () => {
      const vm = await call("POST /v1/vms", { host, body: draftOf(form) });
      // It is there by now: what keeps it from starting is no reason to make it again.
      const params = { vm: vm.name };
      if (starts) await call("POST /v1/vms/{vm}/start", { params }).catch(announce.failed);
      return vm;
    },
    onSuccess: ({ name }) => void navigate({ to: "/vms/$vm", params: { vm: name } }),
  });
  return (
    <FormDialog
      title="Create a VM"
      confirm={create.isPending ? "Creating" : "Create"}
      error={create.error}
      maySubmit={!create.isPending && form.name !== "" && host !== ""}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <FieldGrid>
        <Field label="Name" required>
          <Input value={form.name} onChange={(_, { value }) => change({ name: value })} />
        </Field>
        <Field label="Host" required>
          <Select value={host} onChange={(_, { value }) => setHost(value)}>
            {hosts.map(({ id, name }) => (
              <option key={id}>{name}</option>
            ))}
          </Select>
        </Field>
        <CountField
          label="Memory, MiB"
          min={16}
          step={256}
          value={form.memoryMib}
          onChange={(memoryMib) => change({ memoryMib })}
        />
        <CountField
          label="vCPUs"
          max={512}
          value={form.cpus}
          onChange={(cpus) => change({ cpus })}
        />
        <OptionSelect
          label="Firmware"
          value={form.firmware}
          names={firmwareNames}
          onChange={(firmware) => change({ firmware })}
        />
        <Field label="Network">
          <Select value={form.network} onChange={(_, { value }) => change({ network: value })}>
            <option value="">None</option>
            {switches.data?.switches.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      </FieldGrid>
      <DiskFields host={host} disk={form.disk} onChange={changeDisk} />
      <Checkbox
        label="Start it at once"
        checked={starts}
        onChange={(_, { checked }) => setStarts(checked === true)}
      />
    </FormDialog>
  );
}
