/** What a person should look at, each with the way there; nothing when all is well. */
import { MessageBar, MessageBarBody, MessageBarGroup, Text } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { DomainHost } from "../../../src/api/schema/host.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { useClusterProblems } from "../cluster/cluster-data.ts";
import { useMigrations } from "../migrations/migration-data.ts";
import { TextLink } from "../parts/app-link.tsx";
import { useNow } from "../parts/now.ts";
import { ago } from "../preferences/format.ts";
import { useSession } from "../session/session.tsx";

/** A failure that nobody looked at for a day has been seen, or is no matter. */
const failureShownMs = 86_400_000;
const shownMax = 6;

export function Attention(given: {
  readonly hosts: readonly DomainHost[];
  readonly vms: readonly Vm[];
}) {
  const moves = useMigrations();
  const now = useNow();
  const since = now - failureShownMs;
  const { host: own } = useSession();
  const problems = useClusterProblems(own);
  const items: ReactElement[] = [
    ...problems.map(({ problem, remedy }) => (
      <Item key={problem} intent="warning">
        <TextLink to="/cluster">The cluster</TextLink>: {problem}. {remedy}
      </Item>
    )),
    ...given.hosts
      .filter(({ reachable }) => !reachable)
      .map((host) => (
        <Item key={host.id} intent="error">
          <TextLink to="/hosts/$host" params={{ host: host.name }}>
            {host.name}
          </TextLink>{" "}
          does not answer. {host.reason}
        </Item>
      )),
    ...given.vms
      .filter(({ state }) => state === "crashed")
      .map((vm) => (
        <Item key={vm.id} intent="error">
          <TextLink to="/vms/$vm" params={{ vm: vm.name }}>
            {vm.name}
          </TextLink>{" "}
          crashed on {vm.host}
        </Item>
      )),
    ...moves
      .filter(
        ({ state, endedAt }) =>
          state === "unresolved" || (state === "failed" && (endedAt ?? 0) > since),
      )
      .map((move) => (
        <Item key={move.id} intent={move.state === "failed" ? "warning" : "error"}>
          The{" "}
          <TextLink to="/migrations/$id" params={{ id: move.id }}>
            move of {move.vm.name}
          </TextLink>{" "}
          to {move.target} {move.state === "failed" ? "failed" : "waits for a decision"},{" "}
          {ago(move.endedAt ?? move.requestedAt, now)}
        </Item>
      )),
  ];
  if (items.length === 0) return null;
  const more = items.length - shownMax;
  return (
    <>
      <MessageBarGroup>{items.slice(0, shownMax)}</MessageBarGroup>
      {more > 0 ? <Text size={200}>and {more} more</Text> : null}
    </>
  );
}

function Item(given: { readonly intent: "error" | "warning"; readonly children: React.ReactNode }) {
  return (
    <MessageBar intent={given.intent} layout="multiline">
      <MessageBarBody>{given.children}</MessageBarBody>
    </MessageBar>
  );
}
