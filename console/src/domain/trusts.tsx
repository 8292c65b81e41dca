/** Other domains whose hosts this one trusts, by their certificate. */
import { Button, Field, Text, Textarea } from "@fluentui/react-components";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { DomainCertificate, TrustedDomain } from "../../../src/api/schema/domain.ts";
import { FerryError } from "../../../src/base/errors.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Question } from "../parts/question.tsx";
import { Secret } from "../parts/secret.tsx";
import { useMay } from "../session/session.tsx";

export function Trusts() {
  const cache = useQueryClient();
  const mayChange = useMay("administrator");
  const [text, setText] = useState("");
  const [doomed, setDoomed] = useState<TrustedDomain>();
  const { data, error } = useQuery({
    queryKey: keys.trusts,
    queryFn: () => call("GET /v1/domain/trusts"),
  });
  const refresh = () => void cache.invalidateQueries({ queryKey: keys.trusts });
  const own = useMutation({ mutationFn: () => call("GET /v1/domain/certificate") });
  const trust = useMutation({
    mutationFn: async () => call("POST /v1/domain/trusts", { body: parse(text) }),
    onSuccess: () => {
      setText("");
      refresh();
    },
  });
  const remove = useMutation({
    mutationFn: ({ id }: TrustedDomain) =>
      call("DELETE /v1/domain/trusts/{id}", { params: { id } }),
    onSettled: refresh,
  });
  const problem = error ?? trust.error ?? remove.error;
  return (
    <Panel title="Trusted domains">
      {problem === null ? null : <Problem error={problem} />}
      {data?.trusts.length === 0 ? <Text>None: only hosts of this domain are believed</Text> : null}
      {data?.trusts.map((domain) => (
        <div key={domain.id}>
          <Text>
            <b>{domain.name}</b>, {domain.hosts.length} hosts, fingerprint{" "}
            {domain.fingerprint.slice(0, 16)}…
          </Text>
          {mayChange ? (
            <Button
              appearance="subtle"
              icon={<DeleteRegular />}
              aria-label={`Trust ${domain.name} no longer`}
              onClick={() => setDoomed(domain)}
            />
          ) : null}
        </div>
      ))}
      {mayChange ? (
        <>
          <Field
            label="Certificate of another domain"
            hint="What its page shows below, or `ferry domain certificate` there prints"
          >
            <Textarea value={text} rows={4} onChange={(_, { value }) => setText(value)} />
          </Field>
          <div>
            <Button disabled={text === "" || trust.isPending} onClick={() => trust.mutate()}>
              Trust it
            </Button>{" "}
            <Button onClick={() => own.mutate()}>Show this domain's certificate</Button>
          </div>
        </>
      ) : null}
      {own.data === undefined ? null : (
        <Secret label="For the other domain" text={JSON.stringify(own.data)} />
      )}
      {doomed === undefined ? null : (
        <Question
          title={`Trust ${doomed.name} no longer?`}
          confirm="Trust it no longer"
          onClose={() => setDoomed(undefined)}
          onConfirm={() => {
            remove.mutate(doomed);
            setDoomed(undefined);
          }}
        >
          No VM moves between the two domains then.
        </Question>
      )}
    </Panel>
  );
}

function parse(text: string): DomainCertificate {
  try {
    return JSON.parse(text) as DomainCertificate;
  } catch (cause) {
    throw new FerryError("bad-input", "Cannot trust the domain: the text is not its certificate", {
      remedy: "Copy the whole of it",
      cause,
    });
  }
}
