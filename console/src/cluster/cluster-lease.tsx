/** How a host's lease stands, and the times that follow from how long it is. */
import { Badge, Text } from "@fluentui/react-components";
import type { ClusterStatus } from "../../../src/api/schema/cluster.ts";
import { Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { duration } from "../preferences/format.ts";

const standings = {
  held: { color: "success", text: "Held" },
  lapsed: { color: "warning", text: "Lapsed: no VM of the cluster may run there" },
  dead: { color: "danger", text: "The others have declared it dead" },
} as const;

export function ClusterLease(given: { readonly cluster: ClusterStatus; readonly through: string }) {
  const { lease, times, settings } = given.cluster;
  const { color, text } = standings[lease.standing];
  return (
    <Panel title="Lease and failover">
      <Facts
        facts={[
          [
            `Lease of ${given.through}`,
            <Badge key="lease" appearance="tint" shape="rounded" color={color}>
              {text}
            </Badge>,
          ],
          ["Last renewed", lease.silentMs === null ? "never" : `${duration(lease.silentMs)} ago`],
          ...(lease.trouble === null ? [] : [["Trouble", lease.trouble] as const]),
          ["Renewed every", duration(times.beatMs)],
          ["A host stops its own VMs", `after ${duration(times.fenceMs)} without etcd`],
          ["It is dead to the others", `after ${duration(times.leaseMs)} of silence`],
          [
            "Its VMs then",
            settings.failover ? "start on another host by themselves" : "wait for a person",
          ],
        ]}
      />
      <Text size={200}>
        A host has always stopped its VMs before another may start them, so that none runs twice.
      </Text>
    </Panel>
  );
}
