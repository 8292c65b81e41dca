/** The form of a new pool: a directory of the host, or a share that its agent mounts and keeps mounted. */
import { Checkbox, Field, Input } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../api/call.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { CountField } from "../parts/count-field.tsx";
import { FieldGrid } from "../parts/field-grid.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { OptionSelect } from "../parts/option-select.tsx";
import { emptyPool, isComplete, type PoolForm, type PoolKind, poolOf } from "./pool-draft.ts";
import { PasswordField } from "../parts/password-field.tsx";

const kindNames: Readonly<Record<PoolKind, string>> = {
  directory: "A directory of the host",
  smb: "An SMB share",
  nfs: "An NFS export",
};

interface AddPoolProps {
  readonly host: string;
  readonly onAdded: () => void;
  readonly onClose: () => void;
}

export function AddPool({ host, onAdded, onClose }: AddPoolProps) {
  const announce = useAnnounce();
  const [form, setForm] = useState(emptyPool);
  const change = (part: Partial<PoolForm>) => setForm((old) => ({ ...old, ...part }));
  const add = useMutation({
    mutationFn: () => call("POST /v1/pools", { host, body: poolOf(form) }),
    onSuccess: ({ name }) => {
      announce.done(`${host} has pool ${name}`);
      onAdded();
      onClose();
    },
  });
  const sayShared = form.kind === "directory" ? "" : "; hosts that share it use the same name";
  return (
    <FormDialog
      title={`Add a pool to ${host}`}
      confirm={add.isPending ? "Adding" : "Add"}
      error={add.error}
      maySubmit={isComplete(form) && !add.isPending}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <OptionSelect
        label="Where disks shall lie"
        value={form.kind}
        names={kindNames}
        onChange={(kind) => change({ kind })}
      />
      <Field label="Name" required hint={`VMs name it${sayShared}`}>
        <Input value={form.name} onChange={(_, { value }) => change({ name: value })} />
      </Field>
      {form.kind === "directory" ? (
        <Field label="Directory" required hint="It exists; a share mounted there counts, too">
          <Input
            placeholder="/srv/vms"
            value={form.path}
            onChange={(_, { value }) => change({ path: value })}
          />
        </Field>
      ) : null}
      {form.kind === "smb" ? <SmbFields form={form} onChange={change} /> : null}
      {form.kind === "nfs" ? (
        <Field label="Export" required hint="The agent mounts it, also after the host has started">
          <Input
            placeholder="nas.example.org:/vms"
            value={form.export}
            onChange={(_, { value }) => change({ export: value })}
          />
        </Field>
      ) : null}
    </FormDialog>
  );
}

function SmbFields(given: {
  readonly form: PoolForm;
  readonly onChange: (part: Partial<PoolForm>) => void;
}) {
  const { form, onChange } = given;
  return (
    <>
      <Field label="Share" required hint="The agent mounts it, also after the host has started">
        <Input
          placeholder="//nas.example.org/vms"
          value={form.share}
          onChange={(_, { value }) => onChange({ share: value })}
        />
      </Field>
      <FieldGrid>
        <Field label="User" hint="Empty: as a guest">
          <Input
            autoComplete="off"
            value={form.user}
            onChange={(_, { value }) => onChange({ user: value })}
          />
        </Field>
        <PasswordField
          hint="Kept on this host, and never shown"
          value={form.password}
          onChange={(password) => onChange({ password })}
        />
        <Field label="Windows domain or workgroup">
          <Input value={form.domain} onChange={(_, { value }) => onChange({ domain: value })} />
        </Field>
        <CountField
          label="Connections"
          hint="More than one: SMB Multichannel"
          max={16}
          value={form.channels}
          onChange={(channels) => onChange({ channels })}
        />
      </FieldGrid>
      <Checkbox
        label="Encrypt what goes to the server"
        checked={form.encrypt}
        onChange={(_, { checked }) => onChange({ encrypt: checked === true })}
      />
    </>
  );
}
