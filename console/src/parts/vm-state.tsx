/** The state of a VM as a colour and a word; never as a colour alone. */
import { Badge, type BadgeProps } from "@fluentui/react-components";
import type { Vm } from "../../../src/api/schema/vm.ts";

const looks: Readonly<
  Record<Vm["state"], { color: NonNullable<BadgeProps["color"]>; text: string }>
> = {
  running: { color: "success", text: "Running" },
  starting: { color: "informative", text: "Starting" },
  paused: { color: "warning", text: "Paused" },
  stopped: { color: "subtle", text: "Off" },
  incoming: { color: "informative", text: "Arriving" },
  "handed-over": { color: "informative", text: "Leaving" },
  crashed: { color: "danger", text: "Crashed" },
};

export function VmState({ vm }: { readonly vm: Vm }) {
  const { color, text } = looks[vm.state];
  return (
    <Badge appearance="tint" shape="rounded" color={color}>
      {vm.migration === null || vm.state !== "running" ? text : "Running, moving"}
    </Badge>
  );
}

export function vmStateText({ state }: Vm): string {
  return looks[state].text;
}
