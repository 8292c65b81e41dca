/** A token with which one more host joins the domain. */
import { Button, Text } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { call } from "../api/call.ts";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Secret } from "../parts/secret.tsx";
import { time } from "../preferences/format.ts";

export function JoinPanel() {
  const make = useMutation({
    mutationFn: () => call("POST /v1/domain/join-tokens", { body: {} }),
  });
  return (
    <Panel title="Add a host">
      <Text>Make a token, and give it to the new host: it is good for one host, once.</Text>
      {make.error === null ? null : <Problem error={make.error} />}
      {make.data === undefined ? null : (
        <>
          <Secret label="On the new host" text={`ferry host join ${make.data.token}`} />
          <Text size={200}>Good until {time(make.data.expiresAt)}</Text>
        </>
      )}
      <div>
        <Button disabled={make.isPending} onClick={() => make.mutate()}>
          Make a token
        </Button>
      </div>
    </Panel>
  );
}
