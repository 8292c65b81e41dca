/** What a VM's guest finds in its processor, and on which hosts that can be had. */
import { Badge, Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { VmCpu } from "../../../src/api/schema/cpu.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";

const useStyles = makeStyles({
  features: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: "anywhere",
  },
  row: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalS },
});

export function VmProcessor({ vm }: { readonly vm: Vm }) {
  const styles = useStyles();
  const [isOpen, setOpen] = useState(false);
  const { data, error } = useQuery({
    queryKey: [...keys.vmCpu(vm.id), vm.host, vm.definition.cpu.model],
    queryFn: ({ signal }) => call("GET /v1/vms/{vm}/cpu", { params: { vm: vm.id }, signal }),
    retry: false,
  });
  return (
    <Panel title="Processor">
      {error === null ? null : <Problem error={error} />}
      <Facts
        facts={[
          ["Model", vm.definition.cpu.model],
          ...(data === undefined
            ? []
            : ([
                ["What that is", data.explanation],
                ["Run by", data.accelerator === "kvm" ? "KVM" : "QEMU's emulation (TCG)"],
              ] as const)),
        ]}
      />
      {data?.hosts.map((host) => (
        <div key={host.host} className={styles.row}>
          <Text weight="semibold">{host.host}</Text>
          <HostVerdict host={host} />
          <Text size={200}>{host.reasons.join("; ")}</Text>
        </div>
      ))}
      {data === undefined ? null : (
        <div>
          <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "Hide its features" : `Show its ${data.features.length} features`}
          </Button>
        </div>
      )}
      {isOpen ? <Text className={styles.features}>{data?.features.join(" ")}</Text> : null}
    </Panel>
  );
}

function HostVerdict({ host: { possible } }: { readonly host: VmCpu["hosts"][number] }) {
  const [color, text] =
    possible === null
      ? (["subtle", "Does not answer"] as const)
      : possible
        ? (["success", "Can give it"] as const)
        : (["danger", "Cannot give it"] as const);
  return (
    <Badge appearance="tint" shape="rounded" color={color}>
      {text}
    </Badge>
  );
}
