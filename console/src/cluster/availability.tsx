/** On a VM's page: whether its cluster keeps it running, and by what policy. Nothing where its host is in no cluster. */
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { byName } from "../live/merge-records.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { AppLink, TextLink } from "../parts/app-link.tsx";
import { Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { Question } from "../parts/question.tsx";
import { time } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { useClusterOnce } from "./cluster-data.ts";
import { PolicyForm } from "./policy-form.tsx";
import { placeWords, priorityNames } from "./policy-words.ts";

const useStyles = makeStyles({
  actions: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalM },
});

export function Availability({ vm }: { readonly vm: Vm }) {
  const styles = useStyles();
  const mayChange = useMay("administrator");
  const cache = useQueryClient();
  const announce = useAnnounce();
  const cluster = useClusterOnce(vm.host);
  const [asked, setAsked] = useState<"policy" | "standalone">();
  const standalone = useMutation({
    mutationFn: () => call("DELETE /v1/vms/{vm}/cluster", { params: { vm: vm.name } }),
    onSuccess: () => announce.done(`${vm.name} is standalone`),
    onError: announce.failed,
    onSettled: () => {
      setAsked(undefined);
      void cache.invalidateQueries({ queryKey: keys.clusters });
    },
  });
  if (cluster === undefined) return null;
  const kept = cluster.vms.find(({ id }) => id === vm.id);
  return (
    <Panel title="High availability">
      {kept === undefined ? (
        <Text>
          {vm.name} is standalone: when {vm.host} dies it waits for it.{" "}
          <TextLink to="/cluster" search={{ host: vm.host }}>
            Cluster {cluster.name}
          </TextLink>{" "}
          could start it on another host.
        </Text>
      ) : (
        <Facts
          facts={[
            [
              "Kept running by",
              <AppLink key="cluster" to="/cluster" search={{ host: vm.host }}>
                Cluster {cluster.name}
              </AppLink>,
            ],
            ["Shall", kept.wanted === "running" ? "run" : "be off"],
            ...(kept.trouble === null ? [] : [["Trouble", kept.trouble] as const]),
            ["Priority", priorityNames[kept.policy.priority]],
            ["Where", placeWords(kept.policy)],
            [`On ${kept.host ?? "no host"} since`, time(kept.since)],
          ]}
        />
      )}
      {mayChange ? (
        <div className={styles.actions}>
          <Button disabled={vm.migration !== null} onClick={() => setAsked("policy")}>
            {kept === undefined ? "Make it highly available" : "Change its policy"}
          </Button>
          {kept === undefined ? null : (
            <Button disabled={vm.migration !== null} onClick={() => setAsked("standalone")}>
              Make it standalone
            </Button>
          )}
        </div>
      ) : null}
      {asked === "policy" ? (
        <PolicyForm
          vm={vm}
          present={kept?.policy}
          hosts={cluster.hosts.toSorted(byName).map(({ name }) => name)}
          onClose={() => setAsked(undefined)}
        />
      ) : null}
      {asked === "standalone" ? (
        <Question
          title={`Make ${vm.name} standalone?`}
          confirm="Make it standalone"
          isBusy={standalone.isPending}
          onClose={() => setAsked(undefined)}
          onConfirm={() => standalone.mutate()}
        >
          It goes on running, and is not started elsewhere any more when {vm.host} dies.
        </Question>
      ) : null}
    </Panel>
  );
}
