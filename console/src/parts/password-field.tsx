/** A password that is set here and never shown again; browsers do not offer one they know. */
import { Field, Input } from "@fluentui/react-components";

export function PasswordField(given: {
  readonly value: string;
  readonly hint: string;
  readonly required?: boolean;
  readonly onChange: (value: string) => void;
}) {
  const { value, hint, required = false, onChange } = given;
  return (
    <Field label="Password" required={required} hint={hint}>
      <Input
        type="password"
        autoComplete="new-password"
        value={value}
        onChange={(_, data) => onChange(data.value)}
      />
    </Field>
  );
}
