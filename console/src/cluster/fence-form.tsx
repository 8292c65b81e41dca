/** The form of a host's fence: one of Debian's fence agents, with what its manual page names. */
import { Field, Input, Textarea } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Fence } from "../../../src/api/schema/cluster-parts.ts";
import { call } from "../api/call.ts";
import { FieldGrid } from "../parts/field-grid.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { OptionSelect } from "../parts/option-select.tsx";
import { fenceOptions } from "./fence-options.ts";
import { PasswordField } from "../parts/password-field.tsx";

const actionNames = { off: "Switched off", reboot: "Started anew" } as const;

interface FenceFormProps {
  readonly host: string;
  readonly through: string;
  readonly present: Fence | undefined;
  readonly onClose: () => void;
}

export function FenceForm({ host, through, present, onClose }: FenceFormProps) {
  const [agent, setAgent] = useState(present?.agent ?? "");
  const [lines, setLines] = useState("");
  const [password, setPassword] = useState("");
  const [action, setAction] = useState<Fence["action"]>(present?.action ?? "off");
  const save = useMutation({
    mutationFn: () =>
      call("PUT /v1/cluster/fences/{host}", {
        params: { host },
        host: through,
        body: { agent, options: fenceOptions(lines, password), action },
      }),
    onSuccess: onClose,
  });
  return (
    <FormDialog
      title={`Fence of ${host}`}
      confirm={save.isPending ? "Being tried" : "Try it and save"}
      error={save.error}
      maySubmit={agent !== "" && !save.isPending}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Program" required hint="One of Debian's package fence-agents, on every host">
        <Input
          placeholder="fence_ipmilan"
          value={agent}
          onChange={(_, { value }) => setAgent(value)}
        />
      </Field>
      <Field
        label="Options, one a line"
        hint={
          present === undefined
            ? "As the program's manual page names them"
            : "All of them anew: what is kept is not shown"
        }
      >
        <Textarea
          rows={4}
          placeholder={"ip=10.0.0.9\nusername=ferry\nlanplus=1"}
          value={lines}
          onChange={(_, { value }) => setLines(value)}
        />
      </Field>
      <FieldGrid>
        <PasswordField
          hint="The option password; not shown again"
          value={password}
          onChange={setPassword}
        />
        <OptionSelect
          label="A silent host is"
          value={action}
          names={actionNames}
          onChange={setAction}
        />
      </FieldGrid>
    </FormDialog>
  );
}
