/** The cluster: how it stands, what is wrong, its hosts, its highly available VMs, and what keeps its truth. */
import { Badge, makeStyles, Spinner, Text, tokens } from "@fluentui/react-components";
import { getRouteApi } from "@tanstack/react-router";
import type { ClusterStatus } from "../../../src/api/schema/cluster.ts";
import { Problem } from "../parts/problem.tsx";
import { useMay, useSession } from "../session/session.tsx";
import { Page } from "../shell/page.tsx";
import { Balance } from "./balance.tsx";
import { Backup } from "./backup.tsx";
import { useCluster } from "./cluster-data.ts";
import { ClusterHosts } from "./cluster-hosts.tsx";
import { ClusterLease } from "./cluster-lease.tsx";
import { ClusterProblems } from "./cluster-problems.tsx";
import { ClusterSettings } from "./cluster-settings.tsx";
import { ClusterVms } from "./cluster-vms.tsx";
import { EtcdMembers } from "./etcd-members.tsx";
import { Fences } from "./fences.tsx";
import { NoCluster } from "./no-cluster.tsx";
import { Volumes } from "./volumes.tsx";

const route = getRouteApi("/cluster");

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(420px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
    alignItems: "start",
  },
});

export function ClusterPage() {
  const { host: own } = useSession();
  const { host = own } = route.useSearch();
  const { data, error } = useCluster(host);
  if (data?.cluster) return <KnownCluster cluster={data.cluster} through={host} error={error} />;
  return (
    <Page title="Cluster">
      {error === null ? null : <Problem error={error} />}
      {data === undefined && error === null ? <Spinner label={`Asking ${host}`} /> : null}
      {data === undefined ? null : <NoCluster host={host} />}
    </Page>
  );
}

function KnownCluster(given: {
  readonly cluster: ClusterStatus;
  /** The host that is asked. */
  readonly through: string;
  readonly error: unknown;
}) {
  const styles = useStyles();
  const { cluster, through, error } = given;
  const mayAdministrate = useMay("administrator");
  const wrong = cluster.problems.length;
  return (
    <Page
      title={`Cluster ${cluster.name}`}
      badge={
        <Badge appearance="tint" shape="rounded" color={wrong === 0 ? "success" : "warning"}>
          {wrong === 0 ? "All is well" : wrong === 1 ? "One problem" : `${wrong} problems`}
        </Badge>
      }
      actions={
        mayAdministrate ? (
          <>
            <ClusterSettings cluster={cluster} through={through} />
            <Backup cluster={cluster} through={through} />
          </>
        ) : undefined
      }
    >
      {error === null ? null : <Problem error={error} />}
      <ClusterProblems problems={cluster.problems} />
      <ClusterHosts cluster={cluster} through={through} />
      <ClusterVms cluster={cluster} />
      <div className={styles.columns}>
        <Balance cluster={cluster} through={through} />
        <EtcdMembers cluster={cluster} />
        <ClusterLease cluster={cluster} through={through} />
        <Volumes through={through} />
        {mayAdministrate ? <Fences cluster={cluster} through={through} /> : null}
      </div>
      <Text size={200}>
        Host after host emptied, worked on and filled again: <code>ferry cluster update</code> on a
        host does it, with the command that shall run for each.
      </Text>
    </Page>
  );
}
