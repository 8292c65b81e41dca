/** The state of a VM as a colour and a word; never as a colour alone. */
import type { Vm } from "../../../src/api/schema/vm.ts";
import { StateBadge, type StateColor } from "./state-badge.tsx";

const looks: Readonly<Record<Vm["state"], { color: StateColor; text: string }>> = {
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
  const isMoving = vm.migration !== null && vm.state === "running";
  return <StateBadge color={color} text={isMoving ? "Running, moving" : text} />;
}

export function vmStateText({ state }: Vm): string {
  return looks[state].text;
}
