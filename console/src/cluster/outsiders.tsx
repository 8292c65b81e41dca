/** Hosts of the domain that are not in a cluster, or in another one: each can be taken in. */
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { DomainHost } from "../../../src/api/schema/host.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { TextLink } from "../parts/app-link.tsx";
import { Problem } from "../parts/problem.tsx";
import { useMay } from "../session/session.tsx";
import { useClusterPlaces } from "./cluster-data.ts";

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
  },
});

interface OutsidersProps {
  readonly hosts: readonly DomainHost[];
  /** The name of the cluster that they may join. */
  readonly cluster: string;
}

export function Outsiders({ hosts, cluster }: OutsidersProps) {
  const styles = useStyles();
  const mayJoin = useMay("administrator");
  const cache = useQueryClient();
  const places = useClusterPlaces(hosts);
  const join = useMutation({
    mutationFn: (host: string) => call("POST /v1/cluster/join", { host, body: { name: cluster } }),
    onSettled: () => void cache.invalidateQueries({ queryKey: keys.clusters }),
  });
  return (
    <>
      {join.error === null ? null : <Problem error={join.error} />}
      {hosts.map(({ id, name, reachable }) => {
        const place = places.get(name);
        return (
          <div key={id} className={styles.row}>
            <Text>
              <TextLink to="/hosts/$host" params={{ host: name }}>
                {name}
              </TextLink>{" "}
              {!reachable ? (
                "does not answer"
              ) : place === undefined ? (
                "is asked"
              ) : place === null ? (
                "is in no cluster"
              ) : (
                <>
                  is in{" "}
                  <TextLink to="/cluster" search={{ host: name }}>
                    cluster {place.name}
                  </TextLink>
                </>
              )}
            </Text>
            {mayJoin && reachable && place === null ? (
              <Button size="small" disabled={join.isPending} onClick={() => join.mutate(name)}>
                {join.isPending && join.variables === name
                  ? `${name} is joining`
                  : `Let ${name} join`}
              </Button>
            ) : null}
          </div>
        );
      })}
    </>
  );
}
