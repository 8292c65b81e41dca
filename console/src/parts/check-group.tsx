/**
 * Checkboxes that belong together, under a label. No `Field`: every checkbox in one would take the field's id for its own, and
 * a click on any label would go to the first.
 */
import { Checkbox, Label, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useId } from "react";

const useStyles = makeStyles({
  group: { display: "grid", gap: tokens.spacingVerticalXXS },
  boxes: { display: "flex", flexWrap: "wrap", columnGap: tokens.spacingHorizontalL },
  hint: { color: tokens.colorNeutralForeground3 },
});

interface CheckGroupProps {
  readonly label: string;
  readonly hint?: string;
  readonly choices: ReadonlyArray<{
    readonly name: string;
    readonly label: string;
    readonly isChosen: boolean;
  }>;
  readonly onToggle: (name: string) => void;
}

export function CheckGroup({ label, hint, choices, onToggle }: CheckGroupProps) {
  const styles = useStyles();
  const id = useId();
  return (
    <div role="group" aria-labelledby={id} className={styles.group}>
      <Label id={id}>{label}</Label>
      <div className={styles.boxes}>
        {choices.map((choice) => (
          <Checkbox
            key={choice.name}
            label={choice.label}
            checked={choice.isChosen}
            onChange={() => onToggle(choice.name)}
          />
        ))}
      </div>
      {hint === undefined ? null : (
        <Text size={200} className={styles.hint}>
          {hint}
        </Text>
      )}
    </div>
  );
}
