/** A VM's disks and network adapters: attached, changed and taken away. Works on a definition that is not saved yet. */
import { Button, Field, Input, makeStyles, Select, Text, tokens } from "@fluentui/react-components";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { useQuery } from "@tanstack/react-query";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import type { VmDefinition } from "../../../src/vm/definition.ts";
import { AttachDisk } from "./attach-disk.tsx";
import {
  macOf,
  type Nic,
  withIscsiChanged,
  withIscsiLun,
  without,
  withNic,
  withNicChanged,
} from "./hardware-changes.ts";
import { IscsiFields } from "./iscsi-fields.tsx";
import { lunWords } from "./other-devices.ts";

const useStyles = makeStyles({
  part: { display: "grid", gap: tokens.spacingVerticalS },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
  },
  fields: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
  words: { overflowWrap: "anywhere" },
  vlan: { width: "110px", minWidth: 0 },
});

interface EditHardwareProps {
  readonly host: string;
  readonly definition: VmDefinition;
  readonly onChange: (definition: VmDefinition) => void;
}

export function EditHardware({ host, definition, onChange }: EditHardwareProps) {
  const styles = useStyles();
  const { disks, luns = [], nics } = definition;
  const switches = useQuery({
    queryKey: keys.switches(host),
    queryFn: () => call("GET /v1/switches", { host }),
  });
  const networks = switches.data?.switches.map(({ name }) => name) ?? [];
  const [network] = networks;
  const remove = (name: string) => onChange(without(definition, name));
  return (
    <>
      <section className={styles.part} aria-label="Disks">
        <Text weight="semibold">Disks</Text>
        {disks.map(({ name, pool, file }) => (
          <Device key={name} name={name} words={`${file} in pool ${pool}`} onRemove={remove} />
        ))}
        {luns.map(({ name, source }) =>
          source.kind === "iscsi" ? (
            <div key={name} className={styles.row}>
              <IscsiFields
                host={host}
                name={name}
                source={source}
                onChange={(part) => onChange(withIscsiChanged(definition, name, part))}
              />
              <Remove name={name} onRemove={remove} />
            </div>
          ) : (
            <Device key={name} name={name} words={lunWords(source)} onRemove={remove} />
          ),
        )}
        <AttachDisk host={host} definition={definition} onChange={onChange} />
        <div>
          <Button onClick={() => onChange(withIscsiLun(definition))}>Add a LUN by iSCSI</Button>
        </div>
      </section>
      <section className={styles.part} aria-label="Network adapters">
        <Text weight="semibold">Network adapters</Text>
        {nics.map((nic) => (
          <Adapter
            key={nic.name}
            nic={nic}
            networks={networks}
            onChange={(part) => onChange(withNicChanged(definition, nic.name, part))}
            onRemove={remove}
          />
        ))}
        <div>
          <Button
            disabled={network === undefined}
            onClick={() => {
              const mac = macOf(crypto.getRandomValues(new Uint8Array(3)));
              if (network !== undefined) onChange(withNic(definition, network, mac));
            }}
          >
            {network === undefined ? `${host} has no switch` : "Add an adapter"}
          </Button>
        </div>
      </section>
    </>
  );
}

interface DeviceProps {
  readonly name: string;
  readonly words: string;
  readonly onRemove: (name: string) => void;
}

function Device({ name, words, onRemove }: DeviceProps) {
  const styles = useStyles();
  return (
    <div className={styles.row}>
      <Text className={styles.words}>
        <b>{name}</b> {words}
      </Text>
      <Remove name={name} onRemove={onRemove} />
    </div>
  );
}

function Adapter(given: {
  readonly nic: Nic;
  readonly networks: readonly string[];
  readonly onChange: (part: Partial<Nic>) => void;
  readonly onRemove: (name: string) => void;
}) {
  const styles = useStyles();
  const { nic, networks, onChange, onRemove } = given;
  return (
    <div className={styles.row}>
      <div className={styles.fields}>
        <Field label={`Switch of ${nic.name}`}>
          <Select value={nic.switch} onChange={(_, { value }) => onChange({ switch: value })}>
            {[...new Set([nic.switch, ...networks])].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
        <Field label="VLAN">
          <Input
            type="number"
            min={1}
            max={4094}
            placeholder="None"
            input={{ className: styles.vlan }}
            value={nic.vlan === null ? "" : String(nic.vlan)}
            onChange={(_, { value }) => onChange({ vlan: value === "" ? null : Number(value) })}
          />
        </Field>
        <Text size={200}>{nic.mac}</Text>
      </div>
      <Remove name={nic.name} onRemove={onRemove} />
    </div>
  );
}

function Remove({ name, onRemove }: Pick<DeviceProps, "name" | "onRemove">) {
  return (
    <Button
      appearance="subtle"
      icon={<DeleteRegular />}
      aria-label={`Take out ${name}`}
      onClick={() => onRemove(name)}
    />
  );
}
