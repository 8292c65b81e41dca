/** A new VM: little is asked, the rest has defaults; disks are made empty, imported, or taken as they are. */
import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  Select,
  SpinButton,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { call } from "../api/call.ts";
import { useHosts } from "../hosts/host-data.ts";
import { keys } from "../live/keys.ts";
import { Problem } from "../parts/problem.tsx";
import { type DiskChoice, DiskFields } from "./disk-fields.tsx";
import { draftOf, type VmForm } from "./vm-draft.ts";

const useStyles = makeStyles({
  form: { display: "grid", gap: tokens.spacingVerticalM, paddingBlock: tokens.spacingVerticalS },
  pair: {
    display: "grid",
    gridTemplateColumns: "1fr 1fr",
    gap: tokens.spacingHorizontalL,
    "@media (max-width: 480px)": { gridTemplateColumns: "1fr" },
  },
});

const firstForm: VmForm = {
  ...{ name: "", memoryMib: 1024, cpus: 1, firmware: "bios", network: "" },
  disk: { kind: "new", pool: "", gib: 20, file: "", path: "" },
};

export function CreateVm({ onClose }: { readonly onClose: () => void }) {
  const styles = useStyles();
  const navigate = useNavigate();
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
      if (starts) await call("POST /v1/vms/{vm}/start", { params: { vm: vm.name } });
      return vm;
    },
    onSuccess: ({ name }) => void navigate({ to: "/vms/$vm", params: { vm: name } }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => (open ? undefined : onClose())}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>Create a VM</DialogTitle>
            <DialogContent className={styles.form}>
              {create.error === null ? null : <Problem error={create.error} />}
              <div className={styles.pair}>
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
                <Field label="Memory, MiB" required>
                  <SpinButton
                    min={16}
                    step={256}
                    value={form.memoryMib}
                    onChange={(_, data) => change({ memoryMib: numberOf(data, form.memoryMib) })}
                  />
                </Field>
                <Field label="vCPUs" required>
                  <SpinButton
                    min={1}
                    max={512}
                    value={form.cpus}
                    onChange={(_, data) => change({ cpus: numberOf(data, form.cpus) })}
                  />
                </Field>
                <Field label="Firmware">
                  <Select
                    value={form.firmware}
                    onChange={(_, { value }) =>
                      change({ firmware: value === "uefi" ? "uefi" : "bios" })
                    }
                  >
                    <option value="bios">BIOS</option>
                    <option value="uefi">UEFI</option>
                  </Select>
                </Field>
                <Field label="Network">
                  <Select
                    value={form.network}
                    onChange={(_, { value }) => change({ network: value })}
                  >
                    <option value="">None</option>
                    {switches.data?.switches.map(({ name }) => (
                      <option key={name}>{name}</option>
                    ))}
                  </Select>
                </Field>
              </div>
              <DiskFields host={host} disk={form.disk} onChange={changeDisk} />
              <Checkbox
                label="Start it at once"
                checked={starts}
                onChange={(_, { checked }) => setStarts(checked === true)}
              />
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Leave it</Button>
              <Button
                appearance="primary"
                type="submit"
                disabled={create.isPending || form.name === "" || host === ""}
              >
                {create.isPending ? "Creating" : "Create"}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

function numberOf(
  data: { readonly value?: number | null | undefined; readonly displayValue?: string | undefined },
  old: number,
): number {
  const value = data.value ?? Number(data.displayValue);
  return Number.isFinite(value) && value > 0 ? Math.round(value) : old;
}
