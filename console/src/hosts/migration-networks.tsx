/** The networks that moves may use, each with its priority. */
import {
  Button,
  Field,
  Input,
  makeStyles,
  SpinButton,
  Switch,
  tokens,
} from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import type { HostSettings } from "../../../src/scheduler/settings.ts";

type Networks = HostSettings["migrationNetworks"];

const priorityOfNew = 100;

const useStyles = makeStyles({
  row: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
});

export function MigrationNetworks(given: {
  readonly networks: Networks;
  readonly onChange: (networks: Networks) => void;
}) {
  const styles = useStyles();
  const { networks, onChange } = given;
  const listed = networks ?? [];
  const fresh = { subnet: "", priority: priorityOfNew };
  const set = (index: number, part: Partial<(typeof listed)[number]>) =>
    onChange(listed.map((old, at) => (at === index ? { ...old, ...part } : old)));
  return (
    <>
      <Switch
        label="Any network that reaches the other host"
        checked={networks === null}
        onChange={(_, { checked }) => onChange(checked ? null : [fresh])}
      />
      {listed.map(({ subnet, priority }, index) => (
        // eslint-disable-next-line react/no-array-index-key -- what is typed changes every other name it has
        <div key={index} className={styles.row}>
          <Field label="Subnet">
            <Input
              placeholder="10.1.0.0/24"
              value={subnet}
              onChange={(_, { value }) => set(index, { subnet: value })}
            />
          </Field>
          <Field label="Priority (lower is better)">
            <SpinButton
              min={0}
              max={65_535}
              value={priority}
              onChange={(_, { value, displayValue }) => {
                const next = value ?? Number(displayValue);
                if (Number.isInteger(next)) set(index, { priority: next });
              }}
            />
          </Field>
          <Button
            icon={<DeleteRegular />}
            aria-label={`Remove network ${subnet}`}
            onClick={() => {
              const rest = listed.filter((_, at) => at !== index);
              onChange(rest.length === 0 ? null : rest);
            }}
          />
        </div>
      ))}
      {networks === null ? null : (
        <div>
          <Button icon={<AddRegular />} onClick={() => onChange([...listed, fresh])}>
            Another network
          </Button>
        </div>
      )}
    </>
  );
}
