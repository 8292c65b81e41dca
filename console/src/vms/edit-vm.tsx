/** Changes a VM that is off: what people change often as fields, everything else in the document itself. */
import {
  Field,
  Input,
  makeStyles,
  Tab,
  TabList,
  Textarea,
  tokens,
} from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Vm, VmDocument } from "../../../src/api/schema/vm.ts";
import { FerryError } from "../../../src/base/errors.ts";
import type { VmDefinition } from "../../../src/vm/definition.ts";
import { call } from "../api/call.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { CountField } from "../parts/count-field.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { Problem } from "../parts/problem.tsx";
import { EditHardware } from "./edit-hardware.tsx";

type EditTab = "fields" | "hardware" | "document";

const useStyles = makeStyles({
  document: {
    fontFamily: tokens.fontFamilyMonospace,
    "& textarea": { height: "50vh", maxHeight: "50vh" },
  },
});

export function EditVm({ vm, onClose }: { readonly vm: Vm; readonly onClose: () => void }) {
  const styles = useStyles();
  const announce = useAnnounce();
  const [tab, setTab] = useState<EditTab>("fields");
  const [text, setText] = useState(() => JSON.stringify(vm.definition, undefined, 2));
  const save = useMutation({
    mutationFn: async () =>
      call("PUT /v1/vms/{vm}", { params: { vm: vm.name }, body: parse(text) as VmDocument }),
    onSuccess: () => {
      announce.done(`${vm.name} is changed`);
      onClose();
    },
  });
  return (
    <FormDialog
      title={`Edit ${vm.name}`}
      confirm="Save"
      error={save.error}
      maySubmit={!save.isPending}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TabList
        aria-label="How to edit it"
        selectedValue={tab}
        onTabSelect={(_, { value }) => setTab(value as EditTab)}
      >
        <Tab value="fields">What changes often</Tab>
        <Tab value="hardware">Disks and adapters</Tab>
        <Tab value="document">The whole definition</Tab>
      </TabList>
      {tab === "document" ? (
        <Field
          label="Definition, as JSON"
          hint="What is wrong in it is said before anything changes"
        >
          <Textarea
            className={styles.document}
            value={text}
            onChange={(_, { value }) => setText(value)}
          />
        </Field>
      ) : (
        <Parts vm={vm} tab={tab} text={text} onChange={setText} />
      )}
    </FormDialog>
  );
}

/** Works on the same text as the document's tab: there is one thing that is edited. */
function Parts(given: {
  readonly vm: Vm;
  readonly tab: EditTab;
  readonly text: string;
  readonly onChange: (text: string) => void;
}) {
  let definition: VmDefinition;
  try {
    definition = parse(given.text);
  } catch (error) {
    return <Problem error={error} />;
  }
  const change = (next: VmDefinition) => given.onChange(JSON.stringify(next, undefined, 2));
  return given.tab === "hardware" ? (
    <EditHardware host={given.vm.host} definition={definition} onChange={change} />
  ) : (
    <OftenChanged definition={definition} onChange={change} />
  );
}

function OftenChanged(given: {
  readonly definition: VmDefinition;
  readonly onChange: (definition: VmDefinition) => void;
}) {
  const { definition, onChange } = given;
  const change = (part: Partial<VmDefinition>) => onChange({ ...definition, ...part });
  const { cpu, memory } = definition;
  return (
    <>
      <Field label="Description">
        <Input
          value={definition.description}
          onChange={(_, { value }) => change({ description: value })}
        />
      </Field>
      <Field label="Tags" hint="Separated by commas">
        <Input
          value={definition.tags.join(", ")}
          onChange={(_, { value }) => change({ tags: value === "" ? [] : value.split(/,\s*/) })}
        />
      </Field>
      <CountField
        label="Memory, MiB"
        min={16}
        step={256}
        value={memory.mib}
        onChange={(mib) => change({ memory: { mib } })}
      />
      <CountField
        label="Cores"
        hint={`In ${cpu.sockets} sockets, ${cpu.threads} threads each`}
        max={256}
        value={cpu.cores}
        onChange={(cores) => change({ cpu: { ...cpu, cores } })}
      />
    </>
  );
}

function parse(text: string): VmDefinition {
  try {
    return JSON.parse(text) as VmDefinition;
  } catch (cause) {
    throw new FerryError("bad-input", "Cannot use the definition: it is no JSON", {
      remedy: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
