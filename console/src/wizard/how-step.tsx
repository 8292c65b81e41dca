/** The wizard's third step: what is left empty follows the host's settings. */
import { Checkbox, Field, Input, Text } from "@fluentui/react-components";
import {
  orAsSet,
  performanceNames,
  policyLabel,
  policyNames,
  priorityNames,
} from "../migrations/option-names.ts";
import { FieldGrid } from "../parts/field-grid.tsx";
import { OptionSelect } from "../parts/option-select.tsx";
import type { Choice } from "./choice.ts";

interface HowStepProps {
  readonly choice: Choice;
  readonly onChange: (part: Partial<Choice>) => void;
}

export function HowStep({ choice, onChange }: HowStepProps) {
  if (choice.kind === "disks-only") {
    return <Text>Disks on their way to another pool follow the host's storage bandwidth.</Text>;
  }
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
      <Checkbox
        label="Compare all memory on both sides before the guest goes on (a longer blackout)"
        checked={choice.verifyMemory}
        onChange={(_, { checked }) => onChange({ verifyMemory: checked === true })}
      />
      <Checkbox
        label="Take media out of the CD drives instead of carrying them along"
        checked={choice.eject}
        onChange={(_, { checked }) => onChange({ eject: checked === true })}
      />
      {choice.kind === "with-disks" ? (
        <Checkbox
          label="Keep the source's disks there under another name"
          checked={choice.keepSourceDisks}
          onChange={(_, { checked }) => onChange({ keepSourceDisks: checked === true })}
        />
      ) : null}
    </>
  );
}
