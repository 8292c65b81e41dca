/** The members of etcd that keep the cluster's truth, and how many of them may still fail. */
import { Badge, type BadgeProps, makeStyles, Text, tokens } from "@fluentui/react-components";
import type { ClusterStatus } from "../../../src/api/schema/cluster.ts";
import { Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { bytes } from "../preferences/format.ts";

type Member = ClusterStatus["etcd"]["members"][number];

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
  },
  quiet: { color: tokens.colorNeutralForeground2 },
});

export function EtcdMembers({ cluster }: { readonly cluster: ClusterStatus }) {
  const styles = useStyles();
  const { etcd, managed } = cluster;
  return (
    <Panel title="etcd">
      <Facts
        facts={[
          ["Looked after by", managed ? "Ferry" : "somebody else"],
          [
            "Quorum",
            `${etcd.hasQuorum ? "Yes" : "No"}: ${etcd.working} of ${etcd.voters} members work, it takes ${etcd.needed}`,
          ],
          ["May still fail", String(Math.max(0, etcd.working - etcd.needed))],
        ]}
      />
      {etcd.members.map((member) => (
        <div key={`${member.name} ${member.endpoint}`} className={styles.row}>
          <div>
            <Text weight="semibold">{member.name || "A member that has not started yet"}</Text>
            <Text block size={200} className={styles.quiet}>
              {wordsOn(member)}
            </Text>
          </div>
          <MemberState member={member} />
        </div>
      ))}
    </Panel>
  );
}

function wordsOn({ endpoint, version, dataBytes }: Member): string {
  const words = [
    endpoint,
    version === null ? null : `etcd ${version}`,
    dataBytes === null ? null : `${bytes(dataBytes)} of data`,
  ];
  return words.filter((word) => word !== null).join(", ");
}

function MemberState({ member: { answers, hasLeader, isLearner } }: { readonly member: Member }) {
  const [color, text]: [NonNullable<BadgeProps["color"]>, string] = isLearner
    ? ["informative", answers ? "Catches up" : "Is being set up"]
    : !answers
      ? ["danger", "Silent"]
      : hasLeader
        ? ["success", "Works"]
        : ["warning", "Without quorum"];
  return (
    <Badge appearance="tint" shape="rounded" color={color}>
      {text}
    </Badge>
  );
}
