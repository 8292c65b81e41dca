/** The settings of moves that are one value each. */
import { Field, makeStyles, Select, SpinButton, Switch, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { HostSettings } from "../../../src/scheduler/settings.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";

const useStyles = makeStyles({
  fields: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(280px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
  },
});

const performances = {
  tcp: "TCP: as it is",
  compression: "Compression",
  multichannel: "Multichannel: over every common network",
  rdma: "RDMA",
} as const satisfies Record<HostSettings["performanceOption"], string>;

const policies = {
  patient: "Patient: never slow the guest down",
  balanced: "Balanced",
  certain: "Certain: slow the guest down until it fits",
  "post-copy": "Post-copy",
} as const satisfies Record<HostSettings["convergencePolicy"], string>;

interface MoveSettingFieldsProps {
  readonly host: string;
  readonly settings: HostSettings;
  readonly onChange: (part: Partial<HostSettings>) => void;
}

export function MoveSettingFields({ host, settings, onChange }: MoveSettingFieldsProps) {
  const styles = useStyles();
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
      <div className={styles.fields}>
        <Count
          label="Moves at once"
          value={settings.simultaneousMovesMax}
          onChange={(simultaneousMovesMax) => onChange({ simultaneousMovesMax })}
        />
        <Count
          label="Of them, moves that copy disks"
          value={settings.simultaneousStorageMovesMax}
          onChange={(simultaneousStorageMovesMax) => onChange({ simultaneousStorageMovesMax })}
        />
        <Field label="Performance option">
          <Select
            value={settings.performanceOption}
            onChange={(_, { value }) =>
              onChange({ performanceOption: value as HostSettings["performanceOption"] })
            }
          >
            {Object.entries(performances).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="A guest that writes faster than the link carries">
          <Select
            value={settings.convergencePolicy}
            onChange={(_, { value }) =>
              onChange({ convergencePolicy: value as HostSettings["convergencePolicy"] })
            }
          >
            {Object.entries(policies).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        <Count
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
      </div>
    </>
  );
}

function Count(given: {
  readonly label: string;
  readonly value: number;
  readonly max?: number;
  readonly step?: number;
  readonly onChange: (value: number) => void;
}) {
  const { label, value, max = 64, step = 1, onChange } = given;
  return (
    <Field label={label}>
      <SpinButton
        min={1}
        max={max}
        step={step}
        value={value}
        onChange={(_, data) => {
          const next = data.value ?? Number(data.displayValue);
          if (Number.isInteger(next)) onChange(next);
        }}
      />
    </Field>
  );
}
