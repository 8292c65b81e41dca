/** A host's pools: directories of its own, and shares that its agent mounts. */
import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { Pool } from "../../../src/api/schema/pool.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { Meter } from "../parts/meter.tsx";
import { bytes } from "../preferences/format.ts";
import { AddPool } from "./add-pool.tsx";
import { Places } from "./places.tsx";

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground2, overflowWrap: "anywhere" },
});

export function Pools({ host }: { readonly host: string }) {
  const queryKey = keys.pools(host);
  const { data, error } = useQuery({ queryKey, queryFn: () => call("GET /v1/pools", { host }) });
  return (
    <Places
      title="Pools"
      one="pool"
      queryKey={queryKey}
      error={error}
      places={data?.pools.map((pool) => ({ name: pool.name, content: <PoolFacts pool={pool} /> }))}
      none="There is no place for disks yet."
      stays="Its files stay where they are. A pool that a VM uses is not forgotten."
      adder={(parts) => <AddPool host={host} {...parts} />}
      remove={(pool) => call("DELETE /v1/pools/{pool}", { params: { pool }, host })}
    />
  );
}

function PoolFacts({ pool }: { readonly pool: Pool }) {
  const { name, kind, path, source, space } = pool;
  const styles = useStyles();
  return (
    <>
      <Text weight="semibold">{name}</Text>{" "}
      <Text size={200} className={styles.quiet}>
        {source === undefined ? `Directory ${path}` : `${kind.toUpperCase()} share ${source}`}
      </Text>
      {space === null ? (
        <Text block>It cannot be looked at now: its directory or its server is away.</Text>
      ) : (
        <Meter
          label="Space"
          used={space.totalBytes - space.freeBytes}
          total={space.totalBytes}
          text={`${bytes(space.freeBytes)} free of ${bytes(space.totalBytes)}`}
        />
      )}
    </>
  );
}
