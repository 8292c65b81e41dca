/** The wizard's third step: what is left empty follows the host's settings. */
import { Checkbox, Field, Input, Text } from "@fluentui/react-components";
import { useClusterPlaces } from "../cluster/cluster-data.ts";
import { useHosts } from "../hosts/host-data.ts";
import {
  markNames,
  orAsSet,
  performanceNames,
  policyLabel,
  policyNames,
  priorityNames,
} from "../migrations/option-names.ts";
import { FieldGrid } from "../parts/field-grid.tsx";
import { OptionSelect } from "../parts/option-select.tsx";
import { type Choice, type Mark, marks } from "./choice.ts";

type Clusters = ReturnType<typeof useClusterPlaces>;

interface HowStepProps {
  readonly choice: Choice;
  readonly onChange: (part: Partial<Choice>) => void;
}

export function HowStep({ choice, onChange }: HowStepProps) {
  if (choice.kind === "disks-only") {
    return <Text>Disks on their way to another pool follow the host's storage bandwidth.</Text>;
  }
  return <HowFields choice={choice} onChange={onChange} />;
}

function HowFields({ choice, onChange }: HowStepProps) {
  const clusters = useClusterPlaces(useHosts());
  const further = Object.keys(choice.further);
  return (
    <>
      {further.length === 0 ? null : <Text>By its report also: {further.join(", ")}</Text>}
      <FieldGrid>
        <OptionSelect
          label="Performance option"
          value={choice.performance}
          names={orAsSet(performanceNames)}
          onChange={(performance) => onChange({ performance })}
        />
        <OptionSelect
          label={policyLabel}
          value={choice.convergencePolicy}
          names={orAsSet(policyNames)}
          onChange={(convergencePolicy) => onChange({ convergencePolicy })}
        />
        <OptionSelect
          label="Place in the queue"
          value={choice.priority}
          names={priorityNames}
          onChange={(priority) => onChange({ priority })}
        />
        <Field label="Bandwidth at most, Mbit/s" hint="Empty: as the host's settings say">
          <Input
            type="number"
            min={8}
            value={choice.bandwidthMbit}
            onChange={(_, { value }) => onChange({ bandwidthMbit: value })}
          />
        </Field>
        <Field label="Blackout at most, ms" hint="Empty: as the host's settings say">
          <Input
            type="number"
            min={10}
            value={choice.blackoutMs}
            onChange={(_, { value }) => onChange({ blackoutMs: value })}
          />
        </Field>
      </FieldGrid>
      {marks
        .filter((mark) => choice[mark] || offered(mark, choice, clusters))
        .map((mark) => (
          <Checkbox
            key={mark}
            label={markNames[mark]}
            checked={choice[mark]}
            onChange={(_, { checked }) => onChange({ [mark]: checked === true })}
          />
        ))}
    </>
  );
}

/** What would change nothing is not asked. */
function offered(mark: Mark, { kind, vms, target }: Choice, clusters: Clusters): boolean {
  const there = target === undefined ? null : (clusters.get(target) ?? null);
  switch (mark) {
    case "verifyMemory":
    case "eject":
      return true;
    case "keepSourceDisks":
    case "keepPartial":
    case "resume":
      return kind === "with-disks";
    case "leaveCluster":
      return [...clusters.values()].some(
        (cluster) =>
          cluster !== null &&
          cluster.id !== there?.id &&
          cluster.vms.some(({ name }) => vms.includes(name)),
      );
    case "enterCluster":
      return there !== null && !there.vms.some(({ name }) => vms.includes(name));
  }
}
