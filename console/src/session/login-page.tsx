/** The door: a token opens it; a one-time link has opened it already. */
import {
  Button,
  Card,
  Field,
  Input,
  makeStyles,
  Subtitle1,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { Problem } from "../parts/problem.tsx";
import { linkProblem } from "./link-problem.ts";

const useStyles = makeStyles({
  page: {
    minHeight: "100vh",
    display: "grid",
    placeItems: "center",
    padding: tokens.spacingHorizontalL,
    boxSizing: "border-box",
    backgroundColor: tokens.colorNeutralBackground3,
  },
  card: {
    width: "min(420px, 100%)",
    padding: tokens.spacingHorizontalXXL,
    boxSizing: "border-box",
  },
  form: { display: "grid", gap: tokens.spacingVerticalL },
  head: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalM },
  quiet: { color: tokens.colorNeutralForeground2 },
});

export function LoginPage() {
  const styles = useStyles();
  const cache = useQueryClient();
  const [token, setToken] = useState("");
  const login = useMutation({
    mutationFn: () => call("POST /v1/session", { body: { token: token.trim() } }),
    onSuccess: (session) => cache.setQueryData(keys.session, session),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== "") login.mutate();
  };
  const problem = login.error ?? linkProblem();
  return (
    <main className={styles.page}>
      <Card className={styles.card}>
        <form className={styles.form} onSubmit={submit}>
          <div className={styles.head}>
            <img src="/console/ferry.svg" alt="" width={32} height={32} />
            <Subtitle1 as="h1">Log in to Ferry</Subtitle1>
          </div>
          {problem ? <Problem error={problem} /> : null}
          <Field label="Token" hint="Made on a host with: ferry token create NAME --role ROLE">
            <Input
              type="password"
              autoComplete="current-password"
              autoFocus
              value={token}
              onChange={(_, { value }) => setToken(value)}
            />
          </Field>
          <Button appearance="primary" type="submit" disabled={login.isPending}>
            {login.isPending ? "Logging in" : "Log in"}
          </Button>
          <Text size={200} className={styles.quiet}>
            On a host itself, <code>ferry console</code> prints a link that logs in by itself.
          </Text>
        </form>
      </Card>
    </main>
  );
}
