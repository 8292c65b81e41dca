/** A choice among a few named options. */
import { Field, Select } from "@fluentui/react-components";

interface OptionSelectProps<Option extends string> {
  readonly label: string;
  readonly value: Option;
  /** Every option with the words for it, in the order in which they are offered. */
  readonly names: Readonly<Record<Option, string>>;
  readonly onChange: (value: Option) => void;
}

export function OptionSelect<Option extends string>(given: OptionSelectProps<Option>) {
  const { label, value, names, onChange } = given;
  return (
    <Field label={label}>
      <Select value={value} onChange={(_, data) => onChange(data.value as Option)}>
        {Object.entries<string>(names).map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </Select>
    </Field>
  );
}
