/** The tokens of people and scripts on this host: each with a role, each to be taken back. */
import { Button, Field, Input, makeStyles, Select, Text, tokens } from "@fluentui/react-components";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Role, Token } from "../../../src/api/schema/token.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Question } from "../parts/question.tsx";
import { Secret } from "../parts/secret.tsx";
import { time } from "../preferences/format.ts";
import { useSession } from "../session/session.tsx";

const roles: Readonly<Record<Role, string>> = {
  viewer: "Viewer: looks",
  operator: "Operator: moves, starts and stops",
  administrator: "Administrator: everything",
};

const useStyles = makeStyles({
  row: { display: "grid", gridTemplateColumns: "minmax(0, 1fr) auto", alignItems: "center" },
  form: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
});

export function Tokens() {
  const styles = useStyles();
  const { host } = useSession();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [doomed, setDoomed] = useState<Token>();
  const { data, error } = useQuery({
    queryKey: keys.tokens,
    queryFn: () => call("GET /v1/tokens"),
  });
  const refresh = () => void cache.invalidateQueries({ queryKey: keys.tokens });
  const make = useMutation({
    mutationFn: () => call("POST /v1/tokens", { body: { name, role } }),
    onSuccess: () => {
      setName("");
      refresh();
    },
  });
  const remove = useMutation({
    mutationFn: ({ id }: Token) => call("DELETE /v1/tokens/{id}", { params: { id } }),
    onSettled: refresh,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const problem = error ?? make.error ?? remove.error;
  return (
    <Panel title={`Tokens of ${host}`}>
      {problem === null ? null : <Problem error={problem} />}
      {data?.tokens.length === 0 ? <Text>None yet</Text> : null}
      {data?.tokens.map((token) => (
        <div key={token.id} className={styles.row}>
          <Text>
            <b>{token.name}</b>, {token.role},{" "}
            {token.expiresAt === null ? "until deleted" : `until ${time(token.expiresAt)}`}
          </Text>
          <Button
            appearance="subtle"
            icon={<DeleteRegular />}
            aria-label={`Delete token ${token.name}`}
            onClick={() => setDoomed(token)}
          />
        </div>
      ))}
      {make.data === undefined ? null : (
        <Secret
          label={`Secret of ${make.data.token.name}: shown this once`}
          text={make.data.secret}
        />
      )}
      <form className={styles.form} onSubmit={submit}>
        <Field label="Name">
          <Input value={name} onChange={(_, { value }) => setName(value)} />
        </Field>
        <Field label="Role">
          <Select value={role} onChange={(_, { value }) => setRole(value as Role)}>
            {Object.entries(roles).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        <Button type="submit" disabled={name === "" || make.isPending}>
          Make a token
        </Button>
      </form>
      {doomed === undefined ? null : (
        <Question
          title={`Delete token ${doomed.name}?`}
          confirm="Delete it"
          onClose={() => setDoomed(undefined)}
          onConfirm={() => {
            remove.mutate(doomed);
            setDoomed(undefined);
          }}
        >
          Whoever uses it is refused from now on, also those who are logged in with it.
        </Question>
      )}
    </Panel>
  );
}
