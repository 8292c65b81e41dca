/** What is wrong with a cluster, each with what to do about it; nothing when all is well. */
import {
  MessageBar,
  MessageBarBody,
  MessageBarGroup,
  MessageBarTitle,
  Text,
} from "@fluentui/react-components";
import type { ClusterStatus } from "../../../src/api/schema/cluster.ts";

export function ClusterProblems({ problems }: Pick<ClusterStatus, "problems">) {
  if (problems.length === 0) return null;
  return (
    <MessageBarGroup>
      {problems.map(({ problem, remedy }) => (
        <MessageBar key={problem} intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{problem}</MessageBarTitle>
            <Text block>{remedy}</Text>
          </MessageBarBody>
        </MessageBar>
      ))}
    </MessageBarGroup>
  );
}
