/** What a cluster is, for a host that is in none: how to create one, or to join one of the domain's. */
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../api/call.ts";
import { useHosts } from "../hosts/host-data.ts";
import { keys } from "../live/keys.ts";
import { TextLink } from "../parts/app-link.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { useMay } from "../session/session.tsx";
import { useClusterPlaces } from "./cluster-data.ts";
import { CreateCluster } from "./create-cluster.tsx";

const useStyles = makeStyles({
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalXXL, maxWidth: "76ch" },
  row: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
});

export function NoCluster({ host }: { readonly host: string }) {
  const styles = useStyles();
  const mayAdministrate = useMay("administrator");
  const [isCreating, setCreating] = useState(false);
  const places = useClusterPlaces(useHosts());
  const clusters = new Map(
    [...places].flatMap(([name, cluster]) =>
      cluster === null ? [] : [[cluster.name, { through: name, hosts: cluster.hosts.length }]],
    ),
  );
  return (
    <>
      <Panel
        title={`${host} is in no cluster`}
        actions={
          mayAdministrate ? (
            <Button
              appearance={clusters.size === 0 ? "primary" : "secondary"}
              onClick={() => setCreating(true)}
            >
              Create a cluster
            </Button>
          ) : undefined
        }
      >
        <Text>
          Hosts of a cluster keep each other's VMs running. Without one every move works as well;
          only a VM whose host dies waits for it.
        </Text>
        <ul className={styles.list}>
          <li>
            A VM that is made highly available starts on another host when its own dies, within half
            a minute, and never twice.
          </li>
          <li>
            What is true is kept by etcd, whose members Ferry sets up and looks after. Three hosts
            are the least that survive the loss of one.
          </li>
          <li>Only VMs whose disks every host reaches can be started elsewhere.</li>
        </ul>
      </Panel>
      {[...clusters].map(([name, { through, hosts }]) => (
        <Panel key={name} title={`Cluster ${name} of this domain`}>
          <div className={styles.row}>
            <Text>
              {hosts === 1 ? "One host is" : `${hosts} hosts are`} in it.{" "}
              <TextLink to="/cluster" search={{ host: through }}>
                See how it stands
              </TextLink>
            </Text>
            {mayAdministrate ? <Join host={host} cluster={name} /> : null}
          </div>
        </Panel>
      ))}
      {isCreating ? <CreateCluster host={host} onClose={() => setCreating(false)} /> : null}
    </>
  );
}

function Join({ host, cluster }: { readonly host: string; readonly cluster: string }) {
  const cache = useQueryClient();
  const join = useMutation({
    mutationFn: () => call("POST /v1/cluster/join", { host, body: { name: cluster } }),
    onSettled: () => void cache.invalidateQueries({ queryKey: keys.clusters }),
  });
  return (
    <>
      {join.error === null ? null : <Problem error={join.error} />}
      <Button appearance="primary" disabled={join.isPending} onClick={() => join.mutate()}>
        {join.isPending ? `${host} is joining` : `Let ${host} join`}
      </Button>
    </>
  );
}
