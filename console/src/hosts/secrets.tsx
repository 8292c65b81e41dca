/** What iSCSI targets ask this host for before they give a LUN: CHAP users, whose passwords are never shown. */
import { Field, Input, Text } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { FormDialog } from "../parts/form-dialog.tsx";
import { Places } from "./places.tsx";
import { PasswordField } from "../parts/password-field.tsx";

/** As the agent wants it. */
const passwordCharactersMin = 12;

export function Secrets({ host }: { readonly host: string }) {
  const queryKey = keys.secrets(host);
  const { data, error } = useQuery({
    queryKey,
    queryFn: () => call("GET /v1/secrets", { host }),
  });
  return (
    <Places
      title="Secrets of iSCSI targets"
      one="secret"
      queryKey={queryKey}
      error={error}
      places={data?.secrets.map(({ name, user }) => ({
        name,
        content: (
          <Text>
            <b>{name}</b> is user {user}
          </Text>
        ),
      }))}
      none="Targets that ask for a user and a password want one here."
      stays="A secret that a VM needs is not forgotten."
      adder={(parts) => <AddSecret host={host} {...parts} />}
      remove={(secret) => call("DELETE /v1/secrets/{secret}", { params: { secret }, host })}
    />
  );
}

function AddSecret(given: {
  readonly host: string;
  readonly onAdded: () => void;
  readonly onClose: () => void;
}) {
  const { host, onAdded, onClose } = given;
  const [name, setName] = useState("");
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const add = useMutation({
    mutationFn: () =>
      call("PUT /v1/secrets/{secret}", {
        params: { secret: name },
        host,
        body: { user, password },
      }),
    onSuccess: () => {
      onAdded();
      onClose();
    },
  });
  return (
    <FormDialog
      title={`Add a secret to ${host}`}
      confirm={add.isPending ? "Adding" : "Add"}
      error={add.error}
      maySubmit={
        name !== "" && user !== "" && password.length >= passwordCharactersMin && !add.isPending
      }
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Field
        label="Name"
        required
        hint="LUNs of VMs name it; where they shall move, it is the same on every host"
      >
        <Input value={name} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label="CHAP user" required>
        <Input autoComplete="off" value={user} onChange={(_, { value }) => setUser(value)} />
      </Field>
      <PasswordField
        required
        hint={`At least ${passwordCharactersMin} characters; kept on this host, and never shown`}
        value={password}
        onChange={setPassword}
      />
    </FormDialog>
  );
}
