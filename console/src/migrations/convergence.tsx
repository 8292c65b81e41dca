/** Whether memory will come across, what would help, and what was done for it so far. */
import { MessageBar, MessageBarBody, MessageBarTitle, Text } from "@fluentui/react-components";
import type { Adjustment, MigrationRecord } from "../../../src/migration/record.ts";
import { Panel } from "../parts/panel.tsx";
import { duration, rate, timeOfDay } from "../preferences/format.ts";

/** While it runs: the early word that it will not end by itself. */
export function EarlyVerdict({ move }: { readonly move: MigrationRecord }) {
  const { verdict, stage } = move;
  if (verdict === undefined || verdict.converges || stage !== "memory-precopy") return null;
  const { dirtyBytesPerSecond, linkBytesPerSecond, stopMs } = verdict;
  return (
    <MessageBar intent="warning" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>This does not come to an end by itself</MessageBarTitle>
        The guest writes {rate(dirtyBytesPerSecond)}, the link carries {rate(linkBytesPerSecond)}
        {stopMs === null ? "." : `; the rest would take a blackout of about ${duration(stopMs)}.`}
      </MessageBarBody>
    </MessageBar>
  );
}

export function Adjustments({ move }: { readonly move: MigrationRecord }) {
  const { adjustments = [] } = move;
  if (adjustments.length === 0) return null;
  return (
    <Panel title="What was done to bring memory across">
      {adjustments.map((adjustment) => (
        <Text key={`${adjustment.at} ${adjustment.action}`} block>
          {timeOfDay(adjustment.at)}, {who(adjustment)}: {what(adjustment)}
          {adjustment.by === "policy" ? `; ${adjustment.why}` : ""}
        </Text>
      ))}
    </Panel>
  );
}

function who({ by }: Adjustment): string {
  return by === "policy" ? "by its policy" : `by ${by}`;
}

function what({ action, value }: Adjustment): string {
  switch (action) {
    case "blackout-limit":
      return `a blackout of ${duration(value ?? 0)} is allowed`;
    case "throttle":
      return `the guest is slowed down by ${value ?? 0} %`;
    case "stop":
      return "the guest stops for as long as the rest takes";
    case "post-copy":
      return "the guest goes on at the target, which fetches the rest";
    case "give-up":
      return "the move is given up";
  }
}
