/** The state of a move as a colour and a word. */
import { Badge, type BadgeProps } from "@fluentui/react-components";
import type { MigrationRecord } from "../../../src/migration/record.ts";

type State = MigrationRecord["state"];

const looks: Readonly<Record<State, { color: NonNullable<BadgeProps["color"]>; text: string }>> = {
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
  return (
    <Badge appearance="tint" shape="rounded" color={color}>
      {text}
    </Badge>
  );
}

export function moveStateText(state: State): string {
  return looks[state].text;
}
