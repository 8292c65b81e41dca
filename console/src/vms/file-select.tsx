/** A choice among files of pools. */
import { Field, Select } from "@fluentui/react-components";
import type { PoolFile } from "../../../src/vm/definition.ts";

interface FileSelectProps {
  readonly label: string;
  readonly files: readonly PoolFile[];
  readonly chosen: PoolFile | null;
  /** What it means to choose none. */
  readonly none: string;
  readonly onChange: (file: PoolFile | null) => void;
}

export function FileSelect({ label, files, chosen, none, onChange }: FileSelectProps) {
  const all = new Map(
    [...(chosen === null ? [] : [chosen]), ...files].map((one) => [path(one), one]),
  );
  return (
    <Field label={label}>
      <Select
        value={chosen === null ? "" : path(chosen)}
        onChange={(_, { value }) => onChange(all.get(value) ?? null)}
      >
        <option value="">{none}</option>
        {[...all].map(([value, { pool, file }]) => (
          <option key={value} value={value}>
            {file} in pool {pool}
          </option>
        ))}
      </Select>
    </Field>
  );
}

function path({ pool, file }: PoolFile): string {
  return `${pool}/${file}`;
}
