/** The hosts of the domain, and those that were expelled: whom the others believe. */
import { Badge, Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { DomainHost } from "../../../src/api/schema/host.ts";
import { call } from "../api/call.ts";
import { useHostList } from "../hosts/host-data.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { AppLink } from "../parts/app-link.tsx";
import { Panel } from "../parts/panel.tsx";
import { Question } from "../parts/question.tsx";
import { useMay } from "../session/session.tsx";

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr) 110px 72px",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    minHeight: "32px",
  },
  quiet: { color: tokens.colorNeutralForeground2 },
});

export function Members() {
  const styles = useStyles();
  const mayExpel = useMay("administrator");
  const announce = useAnnounce();
  const cache = useQueryClient();
  const [doomed, setDoomed] = useState<DomainHost>();
  const hosts = useHostList().data?.hosts ?? [];
  const expel = useMutation({
    mutationFn: ({ name }: DomainHost) =>
      call("DELETE /v1/hosts/{host}", { params: { host: name } }),
    onSuccess: (_, { name }) => announce.done(`${name} is expelled`),
    onError: announce.failed,
    onSettled: () => {
      setDoomed(undefined);
      void cache.invalidateQueries({ queryKey: keys.hosts });
    },
  });
  return (
    <Panel title="Hosts of the domain">
      {hosts.map((host) => (
        <div key={host.id} className={styles.row}>
          {host.expelled ? (
            <Text>{host.name}</Text>
          ) : (
            <AppLink to="/hosts/$host" params={{ host: host.name }}>
              {host.name}
            </AppLink>
          )}
          <Text size={200} className={styles.quiet}>
            {host.address}
          </Text>
          <Badge
            appearance="tint"
            shape="rounded"
            color={host.expelled ? "subtle" : host.reachable ? "success" : "danger"}
          >
            {host.expelled ? "Expelled" : host.reachable ? "Answers" : "Does not answer"}
          </Badge>
          {mayExpel && !host.expelled && !host.self ? (
            <Button size="small" aria-label={`Expel ${host.name}`} onClick={() => setDoomed(host)}>
              Expel
            </Button>
          ) : null}
        </div>
      ))}
      {doomed === undefined ? null : (
        <Question
          title={`Expel ${doomed.name} from the domain?`}
          confirm="Expel it"
          isBusy={expel.isPending}
          onClose={() => setDoomed(undefined)}
          onConfirm={() => expel.mutate(doomed)}
        >
          No host talks to it any more, and its VMs can no longer be moved. It comes back only by
          joining anew with another token.
        </Question>
      )}
    </Panel>
  );
}
