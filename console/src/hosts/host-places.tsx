/** A host's pools and virtual switches. */
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Meter } from "../parts/meter.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { bytes } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { PlaceAdder } from "./place-adder.tsx";

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(420px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
    alignItems: "start",
  },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto",
    gap: tokens.spacingHorizontalM,
  },
  quiet: { color: tokens.colorNeutralForeground2 },
});

export function HostPlaces({ host }: { readonly host: string }) {
  const styles = useStyles();
  return (
    <div className={styles.columns}>
      <Pools host={host} />
      <Switches host={host} />
    </div>
  );
}

function Pools({ host }: { readonly host: string }) {
  const styles = useStyles();
  const queryKey = keys.pools(host);
  const { data, error } = useQuery({ queryKey, queryFn: () => call("GET /v1/pools", { host }) });
  return (
    <Places
      title="Pools"
      queryKey={queryKey}
      error={error}
      places={data?.pools.map(({ name, path, kind, space }) => ({
        name,
        forget: `Forget pool ${name}; its files stay`,
        content: (
          <>
            <Text weight="semibold">{name}</Text>{" "}
            <Text size={200} className={styles.quiet}>
              {kind} at {path}
            </Text>
            {space === null ? (
              <Text block>It cannot be looked at now</Text>
            ) : (
              <Meter
                label="Space"
                used={space.totalBytes - space.freeBytes}
                total={space.totalBytes}
                text={`${bytes(space.freeBytes)} free of ${bytes(space.totalBytes)}`}
              />
            )}
          </>
        ),
      }))}
      second={{ label: "Directory", placeholder: "/srv/vms" }}
      button="Make it a pool"
      add={(name, path) => call("POST /v1/pools", { host, body: { name, path } })}
      remove={(pool) => call("DELETE /v1/pools/{pool}", { params: { pool }, host })}
    />
  );
}

function Switches({ host }: { readonly host: string }) {
  const queryKey = keys.switches(host);
  const { data, error } = useQuery({
    queryKey,
    queryFn: () => call("GET /v1/switches", { host }),
  });
  return (
    <Places
      title="Virtual switches"
      queryKey={queryKey}
      error={error}
      places={data?.switches.map(({ name, bridge }) => ({
        name,
        forget: `Forget switch ${name}; its bridge stays`,
        content: (
          <Text>
            <b>{name}</b> on bridge {bridge}
          </Text>
        ),
      }))}
      second={{ label: "Bridge", placeholder: "br0" }}
      button="Make it a switch"
      add={(name, bridge) => call("POST /v1/switches", { host, body: { name, bridge } })}
      remove={(name) => call("DELETE /v1/switches/{switch}", { params: { switch: name }, host })}
    />
  );
}

interface Place {
  readonly name: string;
  /** What its button says to those who do not see it. */
  readonly forget: string;
  readonly content: ReactNode;
}

/** Things of the host under names of their own: listed, forgotten, and added by a name and one thing more. */
function Places(given: {
  readonly title: string;
  readonly queryKey: readonly string[];
  readonly error: unknown;
  readonly places: readonly Place[] | undefined;
  readonly second: { readonly label: string; readonly placeholder: string };
  readonly button: string;
  readonly add: (name: string, second: string) => Promise<unknown>;
  readonly remove: (name: string) => Promise<unknown>;
}) {
  const styles = useStyles();
  const mayChange = useMay("administrator");
  const cache = useQueryClient();
  const announce = useAnnounce();
  const look = () => void cache.invalidateQueries({ queryKey: given.queryKey });
  const remove = useMutation({
    mutationFn: given.remove,
    onSuccess: look,
    onError: announce.failed,
  });
  return (
    <Panel title={given.title}>
      {given.error === null ? null : <Problem error={given.error} />}
      {given.places?.map(({ name, forget, content }) => (
        <div key={name} className={styles.row}>
          <div>{content}</div>
          {mayChange ? (
            <Button
              appearance="subtle"
              icon={<DeleteRegular />}
              aria-label={forget}
              onClick={() => remove.mutate(name)}
            />
          ) : null}
        </div>
      ))}
      {mayChange ? (
        <PlaceAdder second={given.second} button={given.button} add={given.add} onAdded={look} />
      ) : null}
    </Panel>
  );
}
