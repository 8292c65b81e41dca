/** The state of a move as a colour and a word. */
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { StateBadge, type StateColor } from "./state-badge.tsx";

type State = MigrationRecord["state"];

const looks: Readonly<Record<State, { color: StateColor; text: string }>> = {
  queued: { color: "subtle", text: "Waiting" },
  running: { color: "brand", text: "Running" },
  cancelling: { color: "warning", text: "Being cancelled" },
  completed: { color: "success", text: "Completed" },
  cancelled: { color: "subtle", text: "Cancelled" },
  failed: { color: "danger", text: "Failed" },
  unresolved: { color: "danger", text: "Unresolved" },
};

export function MoveState({ state }: { readonly state: State }) {
  const { color, text } = looks[state];
  return <StateBadge color={color} text={text} />;
}

export function moveStateText(state: State): string {
  return looks[state].text;
}
