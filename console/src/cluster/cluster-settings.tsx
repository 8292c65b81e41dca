/** Changes the settings of a cluster, while everything runs. */
import { Button } from "@fluentui/react-components";
import { SettingsRegular } from "@fluentui/react-icons/svg/settings";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type {
  ClusterSettings as Settings,
  ClusterStatus,
} from "../../../src/api/schema/cluster.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { FormDialog } from "../parts/form-dialog.tsx";
import { ClusterSettingFields } from "./cluster-setting-fields.tsx";

interface ClusterSettingsProps {
  readonly cluster: ClusterStatus;
  readonly through: string;
}

export function ClusterSettings({ cluster, through }: ClusterSettingsProps) {
  const cache = useQueryClient();
  const announce = useAnnounce();
  /** Undefined while the form is closed. */
  const [edited, setEdited] = useState<Settings>();
  const save = useMutation({
    mutationFn: (body: Settings) => call("PUT /v1/cluster/settings", { host: through, body }),
    onSuccess: (answer) => {
      cache.setQueryData(keys.cluster(through), answer);
      announce.done(`The settings of cluster ${cluster.name} are changed`);
      setEdited(undefined);
    },
  });
  return (
    <>
      <Button icon={<SettingsRegular />} onClick={() => setEdited(cluster.settings)}>
        Settings
      </Button>
      {edited === undefined ? null : (
        <FormDialog
          title={`Settings of cluster ${cluster.name}`}
          confirm="Save"
          error={save.error}
          maySubmit={!save.isPending}
          onSubmit={() => save.mutate(edited)}
          onClose={() => setEdited(undefined)}
        >
          <ClusterSettingFields settings={edited} onChange={setEdited} />
        </FormDialog>
      )}
    </>
  );
}
