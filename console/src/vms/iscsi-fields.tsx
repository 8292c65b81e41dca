/** A LUN of an iSCSI target, which QEMU reaches by itself from every host that has the VM. */
import { Field, Input, Select } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { CountField } from "../parts/count-field.tsx";
import { FieldGrid } from "../parts/field-grid.tsx";
import type { IscsiSource } from "./hardware-changes.ts";

interface IscsiFieldsProps {
  readonly host: string;
  readonly name: string;
  readonly source: IscsiSource;
  readonly onChange: (part: Partial<Omit<IscsiSource, "kind">>) => void;
}

export function IscsiFields({ host, name, source, onChange }: IscsiFieldsProps) {
  const { data } = useQuery({
    queryKey: keys.secrets(host),
    queryFn: () => call("GET /v1/secrets", { host }),
  });
  const known = data?.secrets.map((one) => one.name) ?? [];
  const secrets = source.secret === undefined ? known : [...new Set([source.secret, ...known])];
  return (
    <FieldGrid>
      <Field label={`Portal of ${name}`} required hint="The same from every host">
        <Input
          placeholder="10.0.0.5:3260"
          value={source.portal}
          onChange={(_, { value }) => onChange({ portal: value })}
        />
      </Field>
      <Field label="Target" required>
        <Input
          placeholder="iqn.2026-01.org.example:vms"
          value={source.target}
          onChange={(_, { value }) => onChange({ target: value })}
        />
      </Field>
      <CountField
        label="LUN"
        min={0}
        max={16_383}
        value={source.lun}
        onChange={(lun) => onChange({ lun })}
      />
      <Field label="Secret" hint={`Of ${host}, whose page makes one`}>
        <Select
          value={source.secret ?? ""}
          onChange={(_, { value }) => onChange({ secret: value })}
        >
          <option value="">The target asks for none</option>
          {secrets.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Select>
      </Field>
    </FieldGrid>
  );
}
