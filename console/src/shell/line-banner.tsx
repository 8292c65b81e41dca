/** Says when what is shown may be old, and that the page goes on by itself. */
import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import { useEffect, useState } from "react";
import { useLine } from "../live/live-line.tsx";
import { timeOfDay } from "../preferences/format.ts";
import { useSession } from "../session/session.tsx";

/** A line that is back within this is not worth a word. */
const graceMs = 1_000;

export function LineBanner() {
  const line = useLine();
  const { host } = useSession();
  const since = line.kind === "away" ? line.since : undefined;
  /** Since when it is away, once that is worth a word. */
  const [told, setTold] = useState<number>();
  useEffect(() => {
    const timer = setTimeout(() => setTold(since), graceMs);
    return () => clearTimeout(timer);
  }, [since]);
  if (since === undefined || told === undefined) return <div role="status" />;
  return (
    <div role="status">
      <MessageBar intent="warning" layout="multiline">
        <MessageBarBody>
          <MessageBarTitle>The agent of {host} does not answer</MessageBarTitle>
          What you see is from {timeOfDay(since)}. This page goes on by itself as soon as the agent
          is back; VMs and moves are not touched by it.
        </MessageBarBody>
      </MessageBar>
    </div>
  );
}
