/** A host's pools and virtual switches. */
import { Button, Field, Input, makeStyles, Text, tokens } from "@fluentui/react-components";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { Meter } from "../parts/meter.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { bytes } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";

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
  form: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
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
  const mayChange = useMay("administrator");
  const { data, error } = useQuery({
    queryKey: keys.pools(host),
    queryFn: () => call("GET /v1/pools", { host }),
  });
  const remove = useRemoval(host, "pools", (pool) =>
    call("DELETE /v1/pools/{pool}", { params: { pool }, host }),
  );
  return (
    <Panel title="Pools">
      {error === null ? null : <Problem error={error} />}
      {data?.pools.map(({ name, path, kind, space }) => (
        <div key={name} className={styles.row}>
          <div>
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
          </div>
          {mayChange ? (
            <Button
              appearance="subtle"
              icon={<DeleteRegular />}
              aria-label={`Forget pool ${name}; its files stay`}
              onClick={() => remove.mutate(name)}
            />
          ) : null}
        </div>
      ))}
      {mayChange ? (
        <Adder
          host={host}
          kind="pools"
          second={{ label: "Directory", placeholder: "/srv/vms" }}
          button="Make it a pool"
          add={(name, path) => call("POST /v1/pools", { host, body: { name, path } })}
        />
      ) : null}
    </Panel>
  );
}

function Switches({ host }: { readonly host: string }) {
  const styles = useStyles();
  const mayChange = useMay("administrator");
  const { data, error } = useQuery({
    queryKey: keys.switches(host),
    queryFn: () => call("GET /v1/switches", { host }),
  });
  const remove = useRemoval(host, "switches", (name) =>
    call("DELETE /v1/switches/{switch}", { params: { switch: name }, host }),
  );
  return (
    <Panel title="Virtual switches">
      {error === null ? null : <Problem error={error} />}
      {data?.switches.map(({ name, bridge }) => (
        <div key={name} className={styles.row}>
          <Text>
            <b>{name}</b> on bridge {bridge}
          </Text>
          {mayChange ? (
            <Button
              appearance="subtle"
              icon={<DeleteRegular />}
              aria-label={`Forget switch ${name}; its bridge stays`}
              onClick={() => remove.mutate(name)}
            />
          ) : null}
        </div>
      ))}
      {mayChange ? (
        <Adder
          host={host}
          kind="switches"
          second={{ label: "Bridge", placeholder: "br0" }}
          button="Make it a switch"
          add={(name, bridge) => call("POST /v1/switches", { host, body: { name, bridge } })}
        />
      ) : null}
    </Panel>
  );
}

type PlaceKind = "pools" | "switches";

function useRemoval(host: string, kind: PlaceKind, run: (name: string) => Promise<unknown>) {
  const cache = useQueryClient();
  const announce = useAnnounce();
  return useMutation({
    mutationFn: run,
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys[kind](host) }),
    onError: announce.failed,
  });
}

function Adder(given: {
  readonly host: string;
  readonly kind: PlaceKind;
  readonly second: { readonly label: string; readonly placeholder: string };
  readonly button: string;
  readonly add: (name: string, second: string) => Promise<unknown>;
}) {
  const styles = useStyles();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [second, setSecond] = useState("");
  const add = useMutation({
    mutationFn: () => given.add(name, second),
    onSuccess: () => {
      setName("");
      setSecond("");
      void cache.invalidateQueries({ queryKey: keys[given.kind](given.host) });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      {add.error === null ? null : <Problem error={add.error} />}
      <Field label="Name">
        <Input value={name} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label={given.second.label}>
        <Input
          placeholder={given.second.placeholder}
          value={second}
          onChange={(_, { value }) => setSecond(value)}
        />
      </Field>
      <Button type="submit" disabled={name === "" || second === "" || add.isPending}>
        {given.button}
      </Button>
    </form>
  );
}
