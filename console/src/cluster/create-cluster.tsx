/** The form of a new cluster: its first host is the one that is asked; the others are let in afterwards. */
import { Field, Input, Text } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ClusterSettings } from "../../../src/api/schema/cluster.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { ClusterSettingFields } from "./cluster-setting-fields.tsx";

/** As the agent's own defaults. */
const defaults: ClusterSettings = {
  ...{ leaseMs: 15_000, etcdMembers: 3, failover: true, movesMax: null },
};

export function CreateCluster(given: { readonly host: string; readonly onClose: () => void }) {
  const { host, onClose } = given;
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [name, setName] = useState("");
  const [settings, setSettings] = useState(defaults);
  const create = useMutation({
    mutationFn: () => call("POST /v1/cluster", { host, body: { name, settings } }),
    onSuccess: (answer) => {
      cache.setQueryData(keys.cluster(host), answer);
      announce.done(`Cluster ${name} is there; let other hosts join it`);
      onClose();
    },
  });
  return (
    <FormDialog
      title={`Create a cluster on ${host}`}
      confirm={create.isPending ? "etcd is being started" : "Create"}
      error={create.error}
      maySubmit={name !== "" && !create.isPending}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input value={name} onChange={(_, { value }) => setName(value)} />
      </Field>
      <ClusterSettingFields settings={settings} onChange={setSettings} />
      <Text size={200}>
        On an etcd that exists already: <code>ferry cluster create NAME --etcd URL</code> on a host.
      </Text>
    </FormDialog>
  );
}
