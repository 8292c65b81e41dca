/** Attaches a LUN of an iSCSI target, which QEMU reaches by itself from every host that has the VM. */
import { Button, Field, Input, makeStyles, Select, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { VmDefinition } from "../../../src/vm/definition.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { CountField } from "../parts/count-field.tsx";
import { FieldGrid } from "../parts/field-grid.tsx";
import { withIscsiLun } from "./hardware-changes.ts";

const useStyles = makeStyles({
  form: { display: "grid", gap: tokens.spacingVerticalS },
});

const empty = { portal: "", target: "", lun: 0, secret: "" };

interface AttachProps {
  readonly host: string;
  readonly definition: VmDefinition;
  readonly onChange: (definition: VmDefinition) => void;
}

export function AttachLun({ host, definition, onChange }: AttachProps) {
  const styles = useStyles();
  const [lun, setLun] = useState<typeof empty>();
  const secrets = useQuery({
    queryKey: keys.secrets(host),
    queryFn: () => call("GET /v1/secrets", { host }),
    enabled: lun !== undefined,
  });
  if (lun === undefined) {
    return (
      <div>
        <Button onClick={() => setLun(empty)}>Attach a LUN by iSCSI</Button>
      </div>
    );
  }
  const change = (part: Partial<typeof empty>) => setLun({ ...lun, ...part });
  return (
    <div className={styles.form} role="group" aria-label="LUN by iSCSI">
      <FieldGrid>
        <Field label="Portal" required hint="The same from every host">
          <Input
            placeholder="10.0.0.5:3260"
            value={lun.portal}
            onChange={(_, { value }) => change({ portal: value })}
          />
        </Field>
        <Field label="Target" required>
          <Input
            placeholder="iqn.2026-01.org.example:vms"
            value={lun.target}
            onChange={(_, { value }) => change({ target: value })}
          />
        </Field>
        <CountField
          label="LUN"
          min={0}
          max={16_383}
          value={lun.lun}
          onChange={(number) => change({ lun: number })}
        />
        <Field label="Secret" hint={`Of ${host}; the host's page makes one`}>
          <Select value={lun.secret} onChange={(_, { value }) => change({ secret: value })}>
            <option value="">The target asks for none</option>
            {secrets.data?.secrets.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      </FieldGrid>
      <div>
        <Button
          disabled={lun.portal === "" || lun.target === ""}
          onClick={() => {
            onChange(withIscsiLun(definition, lun));
            setLun(undefined);
          }}
        >
          Attach the LUN
        </Button>
      </div>
    </div>
  );
}
