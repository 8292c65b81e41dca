/** What holds for a VM that the cluster keeps running: who is started first, where, and apart from whom. */
import { Field, Input } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { VmPolicy } from "../../../src/api/schema/cluster.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { CheckGroup } from "../parts/check-group.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { OptionSelect } from "../parts/option-select.tsx";

const priorities: Readonly<Record<VmPolicy["priority"], string>> = {
  high: "High: started first",
  normal: "Normal",
  low: "Low: started last",
  never: "Never: not started elsewhere",
};

const begin: VmPolicy = { priority: "normal", preferredHosts: [], possibleHosts: null, apart: [] };

interface PolicyFormProps {
  readonly vm: Vm;
  /** Undefined: it becomes the cluster's with this. */
  readonly present: VmPolicy | undefined;
  /** Of the cluster. */
  readonly hosts: readonly string[];
  readonly onClose: () => void;
}

export function PolicyForm({ vm, present, hosts, onClose }: PolicyFormProps) {
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [policy, setPolicy] = useState(present ?? begin);
  const [apart, setApart] = useState(policy.apart.join(", "));
  const change = (part: Partial<VmPolicy>) => setPolicy((old) => ({ ...old, ...part }));
  const save = useMutation({
    mutationFn: () =>
      call("PUT /v1/vms/{vm}/cluster", {
        params: { vm: vm.name },
        body: { ...policy, apart: apart.split(/[\s,]+/).filter((name) => name !== "") },
      }),
    onSuccess: () => {
      announce.done(
        present === undefined
          ? `${vm.name} is highly available`
          : `The policy of ${vm.name} is changed`,
      );
      void cache.invalidateQueries({ queryKey: keys.clusters });
      onClose();
    },
  });
  const possible = policy.possibleHosts ?? hosts;
  return (
    <FormDialog
      title={present === undefined ? `Make ${vm.name} highly available` : `Policy of ${vm.name}`}
      confirm={present === undefined ? "Make it highly available" : "Save"}
      error={save.error}
      maySubmit={!save.isPending}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <OptionSelect
        label="When its host dies"
        value={policy.priority}
        names={priorities}
        onChange={(priority) => change({ priority })}
      />
      <CheckGroup
        label="Hosts it prefers, the best first"
        choices={hosts.map((name) => ({
          name,
          label: labelOf(name, policy.preferredHosts),
          isChosen: policy.preferredHosts.includes(name),
        }))}
        onToggle={(name) => change({ preferredHosts: toggled(policy.preferredHosts, name) })}
      />
      <CheckGroup
        label="Hosts that may have it"
        hint={policy.possibleHosts === null ? "Also those that join later" : "Only these"}
        choices={hosts.map((name) => ({ name, label: name, isChosen: possible.includes(name) }))}
        onToggle={(name) => change({ possibleHosts: limited(toggled(possible, name), hosts) })}
      />
      <Field
        label="Apart from others of the groups"
        hint="VMs that name the same group are kept on different hosts, as far as there are enough"
      >
        <Input
          placeholder="such as databases"
          value={apart}
          onChange={(_, { value }) => setApart(value)}
        />
      </Field>
    </FormDialog>
  );
}

/** With its place in the order, where there is one. */
function labelOf(name: string, preferred: readonly string[]): string {
  const place = preferred.indexOf(name);
  return place === -1 || preferred.length === 1 ? name : `${name} (${place + 1}.)`;
}

function toggled(names: readonly string[], name: string): string[] {
  return names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
}

/** All of them is no limit; none of them would be no VM. */
function limited(names: string[], hosts: readonly string[]): string[] | null {
  return names.length === hosts.length || names.length === 0 ? null : names;
}
