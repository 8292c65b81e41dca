/** The settings of a cluster as fields. */
import { Checkbox } from "@fluentui/react-components";
import type { ClusterSettings } from "../../../src/api/schema/cluster.ts";
import { CountField } from "../parts/count-field.tsx";
import { FieldGrid } from "../parts/field-grid.tsx";
import { OptionSelect } from "../parts/option-select.tsx";

const second = 1000;
/** The agent's own bounds; it says why when something else comes. */
const leaseSeconds = { min: 8, max: 300 };
const moves = { min: 0, max: 1000 };
const memberNames = { "1": "1", "3": "3, of which one may fail", "5": "5, of which two may fail" };

interface ClusterSettingFieldsProps {
  readonly settings: ClusterSettings;
  readonly onChange: (settings: ClusterSettings) => void;
}

export function ClusterSettingFields({ settings, onChange }: ClusterSettingFieldsProps) {
  const { leaseMs, etcdMembers, failover, movesMax } = settings;
  return (
    <>
      <FieldGrid>
        <CountField
          label="Lease, seconds"
          hint="So long a host may be silent before its VMs start elsewhere"
          {...leaseSeconds}
          value={leaseMs / second}
          onChange={(seconds) => onChange({ ...settings, leaseMs: seconds * second })}
        />
        <OptionSelect
          label="Members of etcd"
          value={`${etcdMembers}`}
          names={memberNames}
          onChange={(count) =>
            onChange({ ...settings, etcdMembers: count === "1" ? 1 : count === "3" ? 3 : 5 })
          }
        />
        <CountField
          label="Moves at once in the cluster"
          hint="0: as many as the hosts' own limits allow"
          {...moves}
          value={movesMax ?? 0}
          onChange={(count) => onChange({ ...settings, movesMax: count === 0 ? null : count })}
        />
      </FieldGrid>
      <Checkbox
        label="Start the VMs of a dead host elsewhere by itself"
        checked={failover}
        onChange={(_, { checked }) => onChange({ ...settings, failover: checked === true })}
      />
    </>
  );
}
