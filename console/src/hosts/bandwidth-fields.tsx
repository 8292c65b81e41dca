/** A limit of bandwidth, and the times of day at which another one holds. */
import { Button, Field, Input, makeStyles, Text, tokens } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import type { HostSettings } from "../../../src/scheduler/settings.ts";

type Limit = HostSettings["memoryBandwidth"];

const bytesPerMbit = 125_000;

const useStyles = makeStyles({
  fields: { display: "grid", alignContent: "start", gap: tokens.spacingVerticalS },
  limit: { maxWidth: "280px" },
  window: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "end",
    gap: tokens.spacingHorizontalM,
  },
});

interface BandwidthFieldsProps {
  readonly label: string;
  readonly limit: Limit;
  readonly onChange: (limit: Limit) => void;
}

export function BandwidthFields({ label, limit, onChange }: BandwidthFieldsProps) {
  const styles = useStyles();
  const setWindow = (index: number, part: Partial<Limit["windows"][number]>) =>
    onChange({
      ...limit,
      windows: limit.windows.map((old, at) => (at === index ? { ...old, ...part } : old)),
    });
  return (
    <div className={styles.fields}>
      <Mbit
        label={`${label}, Mbit/s at most`}
        value={limit.bytesPerSecond}
        onChange={(bytesPerSecond) => onChange({ ...limit, bytesPerSecond })}
      />
      {limit.windows.length === 0 ? null : <Text size={200}>But at these times of day:</Text>}
      {limit.windows.map((window, index) => (
        // eslint-disable-next-line react/no-array-index-key -- a window has no other name than its place
        <div key={index} className={styles.window}>
          <Field label="From">
            <Input
              type="time"
              value={window.from}
              onChange={(_, { value }) => setWindow(index, { from: value })}
            />
          </Field>
          <Field label="To">
            <Input
              type="time"
              value={window.to}
              onChange={(_, { value }) => setWindow(index, { to: value })}
            />
          </Field>
          <Mbit
            label="Mbit/s at most"
            value={window.bytesPerSecond}
            onChange={(bytesPerSecond) => setWindow(index, { bytesPerSecond })}
          />
          <Button
            icon={<DeleteRegular />}
            aria-label={`Remove ${label.toLowerCase()} limit from ${window.from} to ${window.to}`}
            onClick={() =>
              onChange({ ...limit, windows: limit.windows.filter((_, at) => at !== index) })
            }
          />
        </div>
      ))}
      <div>
        <Button
          icon={<AddRegular />}
          onClick={() =>
            onChange({
              ...limit,
              windows: [...limit.windows, { from: "08:00", to: "18:00", bytesPerSecond: null }],
            })
          }
        >
          Another limit at a time of day
        </Button>
      </div>
    </div>
  );
}

function Mbit(given: {
  readonly label: string;
  readonly value: number | null;
  readonly onChange: (bytesPerSecond: number | null) => void;
}) {
  return (
    <Field label={given.label} hint="Empty: no limit" className={useStyles().limit}>
      <Input
        type="number"
        min={8}
        value={given.value === null ? "" : String(given.value / bytesPerMbit)}
        onChange={(_, { value }) =>
          given.onChange(value === "" ? null : Math.round(Number(value) * bytesPerMbit))
        }
      />
    </Field>
  );
}
