/** The wizard's first step: which VMs, and whether their disks go along. */
import {
  Checkbox,
  Field,
  makeStyles,
  Radio,
  RadioGroup,
  SearchBox,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useDeferredValue, useState } from "react";
import { VmState } from "../parts/vm-state.tsx";
import { bytes } from "../preferences/format.ts";
import { memoryBytesOf, useVms } from "../vms/vm-data.ts";
import { type Choice, type Kind, kinds } from "./choice.ts";

const shownMax = 100;

const useStyles = makeStyles({
  step: { display: "grid", gap: tokens.spacingVerticalL },
  list: {
    display: "grid",
    maxHeight: "360px",
    overflowY: "auto",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto",
    alignItems: "center",
    paddingInlineEnd: tokens.spacingHorizontalM,
    gap: tokens.spacingHorizontalM,
  },
});

const labels: Readonly<Record<Kind, string>> = {
  vm: "The VM: its disks stay where both hosts reach them",
  "with-disks": "The VM with its disks: nothing has to be shared",
  "disks-only": "Only the disks: to another pool of the same host",
};

interface WhatStepProps {
  readonly choice: Choice;
  readonly onChange: (part: Partial<Choice>) => void;
}

export function WhatStep({ choice, onChange }: WhatStepProps) {
  const styles = useStyles();
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.toLowerCase());
  const movable = useVms().filter(
    ({ state, migration }) =>
      migration === null && (state === "running" || choice.kind === "disks-only"),
  );
  const shown = movable.filter(({ name }) => name.toLowerCase().includes(wanted));
  const toggle = (name: string) =>
    onChange({
      vms: choice.vms.includes(name)
        ? choice.vms.filter((other) => other !== name)
        : [...choice.vms, name],
      target: undefined,
    });
  return (
    <div className={styles.step}>
      <Field label="Kind of move">
        <RadioGroup
          value={choice.kind}
          onChange={(_, { value }) =>
            onChange({ kind: kinds.find((kind) => kind === value) ?? "vm", pool: "" })
          }
        >
          {kinds.map((kind) => (
            <Radio key={kind} value={kind} label={labels[kind]} />
          ))}
        </RadioGroup>
      </Field>
      <SearchBox
        aria-label="Search VMs"
        placeholder="Search VMs"
        value={search}
        onChange={(_, { value }) => setSearch(value)}
      />
      <div className={styles.list} role="group" aria-label="VMs to move">
        {shown.slice(0, shownMax).map((vm) => (
          <div key={vm.id} className={styles.row}>
            <Checkbox
              label={`${vm.name} on ${vm.host}, ${bytes(memoryBytesOf(vm))}`}
              checked={choice.vms.includes(vm.name)}
              onChange={() => toggle(vm.name)}
            />
            <VmState vm={vm} />
          </div>
        ))}
      </div>
      <Text>
        {choice.vms.length === 0 ? "Nothing is chosen yet" : `Chosen: ${choice.vms.join(", ")}`}
        {shown.length > shownMax
          ? `. ${shown.length - shownMax} more match: type more letters`
          : ""}
      </Text>
    </div>
  );
}
