/** The settings of moves that are one value each. */
import { Field, Select, Switch } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { HostSettings } from "../../../src/scheduler/settings.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { performanceNames, policyLabel, policyNames } from "../migrations/option-names.ts";
import { CountField } from "../parts/count-field.tsx";
import { FieldGrid } from "../parts/field-grid.tsx";
import { OptionSelect } from "../parts/option-select.tsx";

interface MoveSettingFieldsProps {
  readonly host: string;
  readonly settings: HostSettings;
  readonly onChange: (part: Partial<HostSettings>) => void;
}

export function MoveSettingFields({ host, settings, onChange }: MoveSettingFieldsProps) {
  const pools = useQuery({
    queryKey: keys.pools(host),
    queryFn: () => call("GET /v1/pools", { host }),
  });
  return (
    <>
      <Switch
        label="Moves leave this host and come to it"
        checked={settings.migrationEnabled}
        onChange={(_, { checked }) => onChange({ migrationEnabled: checked })}
      />
      <FieldGrid>
        <CountField
          label="Moves at once"
          max={64}
          value={settings.simultaneousMovesMax}
          onChange={(simultaneousMovesMax) => onChange({ simultaneousMovesMax })}
        />
        <CountField
          label="Of them, moves that copy disks"
          max={64}
          value={settings.simultaneousStorageMovesMax}
          onChange={(simultaneousStorageMovesMax) => onChange({ simultaneousStorageMovesMax })}
        />
        <OptionSelect
          label="Performance option"
          value={settings.performanceOption}
          names={performanceNames}
          onChange={(performanceOption) => onChange({ performanceOption })}
        />
        <OptionSelect
          label={policyLabel}
          value={settings.convergencePolicy}
          names={policyNames}
          onChange={(convergencePolicy) => onChange({ convergencePolicy })}
        />
        <CountField
          label="Blackout at most, ms"
          value={settings.blackoutMsMax}
          max={60_000}
          step={10}
          onChange={(blackoutMsMax) => onChange({ blackoutMsMax })}
        />
        <Field label="Pool for disks that arrive">
          <Select
            value={settings.defaultDiskPool ?? ""}
            onChange={(_, { value }) => onChange({ defaultDiskPool: value === "" ? null : value })}
          >
            <option value="">Only one of the same name</option>
            {pools.data?.pools.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      </FieldGrid>
    </>
  );
}
