/** Changes a VM that is off: what people change often as fields, everything else in the document itself. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  SpinButton,
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
import { Problem } from "../parts/problem.tsx";

const useStyles = makeStyles({
  fields: { display: "grid", gap: tokens.spacingVerticalM, paddingBlock: tokens.spacingVerticalM },
  document: {
    fontFamily: tokens.fontFamilyMonospace,
    "& textarea": { height: "50vh", maxHeight: "50vh" },
  },
  surface: { maxWidth: "720px" },
});

export function EditVm({ vm, onClose }: { readonly vm: Vm; readonly onClose: () => void }) {
  const styles = useStyles();
  const announce = useAnnounce();
  const [tab, setTab] = useState<"fields" | "document">("fields");
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
    <Dialog open onOpenChange={(_, { open }) => (open ? undefined : onClose())}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Edit {vm.name}</DialogTitle>
          <DialogContent>
            <TabList
              selectedValue={tab}
              onTabSelect={(_, { value }) => setTab(value === "document" ? "document" : "fields")}
            >
              <Tab value="fields">What changes often</Tab>
              <Tab value="document">The whole definition</Tab>
            </TabList>
            <div className={styles.fields}>
              {save.error === null ? null : <Problem error={save.error} />}
              {tab === "fields" ? (
                <OftenChanged text={text} onChange={setText} />
              ) : (
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
              )}
            </div>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Leave it</Button>
            <Button appearance="primary" disabled={save.isPending} onClick={() => save.mutate()}>
              Save
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

/** Works on the same text as the other tab: there is one thing that is edited. */
function OftenChanged(given: { readonly text: string; readonly onChange: (text: string) => void }) {
  let definition: VmDefinition;
  try {
    definition = parse(given.text);
  } catch (error) {
    return <Problem error={error} />;
  }
  const change = (part: Partial<VmDefinition>) =>
    given.onChange(JSON.stringify({ ...definition, ...part }, undefined, 2));
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
      <Field label="Memory, MiB">
        <SpinButton
          min={16}
          step={256}
          value={memory.mib}
          onChange={(_, { value }) => (value ? change({ memory: { mib: value } }) : undefined)}
        />
      </Field>
      <Field label="Cores" hint={`In ${cpu.sockets} sockets, ${cpu.threads} threads each`}>
        <SpinButton
          min={1}
          max={256}
          value={cpu.cores}
          onChange={(_, { value }) =>
            value ? change({ cpu: { ...cpu, cores: value } }) : undefined
          }
        />
      </Field>
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
