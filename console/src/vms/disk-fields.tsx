/** Where a new VM's disk comes from: made empty, imported from a file of the host, or one that lies in a pool. */
import {
  Field,
  Input,
  makeStyles,
  Radio,
  RadioGroup,
  Select,
  tokens,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { CountField } from "../parts/count-field.tsx";
import { FieldGrid } from "../parts/field-grid.tsx";
import { bytes } from "../preferences/format.ts";

const kinds = ["new", "import", "existing", "none"] as const;

export interface DiskChoice {
  readonly kind: (typeof kinds)[number];
  readonly pool: string;
  readonly gib: number;
  /** Of an existing disk: its name in the pool. */
  readonly file: string;
  /** Of an import: where it lies on the host. */
  readonly path: string;
  /** An installation medium in the same pool. */
  readonly iso?: string;
}

const useStyles = makeStyles({
  fields: { display: "grid", gap: tokens.spacingVerticalM },
});

const labels: Readonly<Record<DiskChoice["kind"], string>> = {
  new: "A new, empty disk",
  import: "Import a file of the host (qcow2, raw, VHD, VHDX)",
  existing: "A disk that lies in a pool",
  none: "No disk",
};

interface DiskFieldsProps {
  readonly host: string;
  readonly disk: DiskChoice;
  readonly onChange: (part: Partial<DiskChoice>) => void;
}

export function DiskFields({ host, disk, onChange }: DiskFieldsProps) {
  const styles = useStyles();
  const { data } = useQuery({
    queryKey: keys.pools(host),
    queryFn: () => call("GET /v1/pools", { host }),
    enabled: host !== "",
  });
  const pools = data?.pools ?? [];
  const isKnown = pools.some(({ name }) => name === disk.pool);
  const first = pools[0]?.name;
  useEffect(() => {
    if (!isKnown && first !== undefined) onChange({ pool: first, file: "" });
  }, [isKnown, first, onChange]);
  const files = useQuery({
    queryKey: keys.poolFiles(host, disk.pool),
    queryFn: () => call("GET /v1/pools/{pool}/files", { params: { pool: disk.pool }, host }),
    enabled: isKnown && disk.kind !== "none",
    staleTime: 0,
  });
  const names = files.data?.files.map(({ file }) => file) ?? [];
  return (
    <div className={styles.fields}>
      <Field label="Disk">
        <RadioGroup
          value={disk.kind}
          onChange={(_, { value }) =>
            onChange({ kind: kinds.find((kind) => kind === value) ?? "new" })
          }
        >
          {kinds.map((kind) => (
            <Radio key={kind} value={kind} label={labels[kind]} />
          ))}
        </RadioGroup>
      </Field>
      {disk.kind === "none" ? null : (
        <FieldGrid>
          <Field label="Pool">
            <Select value={disk.pool} onChange={(_, { value }) => onChange({ pool: value })}>
              {pools.map(({ name, space }) => (
                <option key={name} value={name}>
                  {space === null ? name : `${name} (${bytes(space.freeBytes)} free)`}
                </option>
              ))}
            </Select>
          </Field>
          {disk.kind === "new" ? (
            <CountField label="Size, GiB" value={disk.gib} onChange={(gib) => onChange({ gib })} />
          ) : null}
          {disk.kind === "import" ? (
            <Field label="Path on the host" required>
              <Input value={disk.path} onChange={(_, { value }) => onChange({ path: value })} />
            </Field>
          ) : null}
          {disk.kind === "existing" ? (
            <Field label="File" required>
              <Select value={disk.file} onChange={(_, { value }) => onChange({ file: value })}>
                <option value="">Choose</option>
                {names.map((file) => (
                  <option key={file}>{file}</option>
                ))}
              </Select>
            </Field>
          ) : null}
          <Field label="Installation medium">
            <Select value={disk.iso ?? ""} onChange={(_, { value }) => onChange({ iso: value })}>
              <option value="">None</option>
              {names
                .filter((file) => file.endsWith(".iso"))
                .map((file) => (
                  <option key={file}>{file}</option>
                ))}
            </Select>
          </Field>
        </FieldGrid>
      )}
    </div>
  );
}
