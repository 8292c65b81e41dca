/** The wizard's third step: what is left empty follows the host's settings. */
import {
  Checkbox,
  Field,
  Input,
  makeStyles,
  Select,
  Text,
  tokens,
} from "@fluentui/react-components";
import type { Choice } from "./choice.ts";

const useStyles = makeStyles({
  fields: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(280px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
  },
});

const performances = {
  "": "As the host's settings say",
  tcp: "TCP: as it is",
  compression: "Compression",
  multichannel: "Multichannel: over every common network",
  rdma: "RDMA",
} as const satisfies Record<Choice["performance"], string>;

const priorityNames = { low: "Low", normal: "Normal", high: "High" } as const;

interface HowStepProps {
  readonly choice: Choice;
  readonly onChange: (part: Partial<Choice>) => void;
}

export function HowStep({ choice, onChange }: HowStepProps) {
  const styles = useStyles();
  if (choice.kind === "disks-only") {
    return <Text>Disks on their way to another pool follow the host's storage bandwidth.</Text>;
  }
  return (
    <>
      <div className={styles.fields}>
        <Field label="Performance option">
          <Select
            value={choice.performance}
            onChange={(_, { value }) =>
              onChange({ performance: value as keyof typeof performances })
            }
          >
            {Object.entries(performances).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Place in the queue">
          <Select
            value={choice.priority}
            onChange={(_, { value }) => onChange({ priority: value as keyof typeof priorityNames })}
          >
            {Object.entries(priorityNames).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
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
      </div>
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
