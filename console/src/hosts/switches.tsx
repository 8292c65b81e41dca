/** A host's virtual switches: names for bridges, which VMs go by on every host. */
import { Field, Input, Text } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { FormDialog } from "../parts/form-dialog.tsx";
import { Places } from "./places.tsx";

export function Switches({ host }: { readonly host: string }) {
  const queryKey = keys.switches(host);
  const { data, error } = useQuery({
    queryKey,
    queryFn: () => call("GET /v1/switches", { host }),
  });
  return (
    <Places
      title="Virtual switches"
      one="switch"
      queryKey={queryKey}
      error={error}
      places={data?.switches.map(({ name, bridge }) => ({
        name,
        content: (
          <Text>
            <b>{name}</b> on bridge {bridge}
          </Text>
        ),
      }))}
      none="Network adapters of VMs have nothing to be plugged into yet."
      stays="Its bridge stays. A switch that a VM uses is not forgotten."
      adder={(parts) => <AddSwitch host={host} {...parts} />}
      remove={(name) => call("DELETE /v1/switches/{switch}", { params: { switch: name }, host })}
    />
  );
}

function AddSwitch(given: {
  readonly host: string;
  readonly onAdded: () => void;
  readonly onClose: () => void;
}) {
  const { host, onAdded, onClose } = given;
  const [name, setName] = useState("");
  const [bridge, setBridge] = useState("");
  const add = useMutation({
    mutationFn: () => call("POST /v1/switches", { host, body: { name, bridge } }),
    onSuccess: () => {
      onAdded();
      onClose();
    },
  });
  return (
    <FormDialog
      title={`Add a switch to ${host}`}
      confirm={add.isPending ? "Adding" : "Add"}
      error={add.error}
      maySubmit={name !== "" && bridge !== "" && !add.isPending}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required hint="A VM finds its switch by this name on every host">
        <Input value={name} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label="Bridge" required hint="A bridge of the host; it exists">
        <Input placeholder="br0" value={bridge} onChange={(_, { value }) => setBridge(value)} />
      </Field>
    </FormDialog>
  );
}
