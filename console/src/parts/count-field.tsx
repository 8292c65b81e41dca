/** A whole number, at least 1 unless said otherwise; what is no number leaves it as it is. */
import { Field, SpinButton } from "@fluentui/react-components";

interface CountFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly onChange: (value: number) => void;
}

export function CountField(given: CountFieldProps) {
  const { label, hint, value, min = 1, max, step = 1, onChange } = given;
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      <SpinButton
        min={min}
        {...(max !== undefined && { max })}
        step={step}
        value={value}
        onChange={(_, data) => {
          const next = data.value ?? Number(data.displayValue);
          if (Number.isInteger(next) && next >= min) onChange(next);
        }}
      />
    </Field>
  );
}
