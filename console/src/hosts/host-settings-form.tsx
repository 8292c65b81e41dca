/** What holds for all moves of a host, to be changed by administrators; somebody else's change in between is not undone. */
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Spinner,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { HostSettings } from "../../../src/scheduler/settings.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { FieldGrid } from "../parts/field-grid.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { useMay } from "../session/session.tsx";
import { BandwidthFields } from "./bandwidth-fields.tsx";
import { FurtherFields } from "./further-fields.tsx";
import { MigrationNetworks } from "./migration-networks.tsx";
import { MoveSettingFields } from "./move-setting-fields.tsx";

const useStyles = makeStyles({
  foot: { display: "flex", gap: tokens.spacingHorizontalM },
  fields: {
    border: "none",
    margin: 0,
    padding: 0,
    minWidth: 0,
    display: "grid",
    gap: tokens.spacingVerticalL,
  },
});

export function HostSettingsForm({ host }: { readonly host: string }) {
  const styles = useStyles();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const mayChange = useMay("administrator");
  const { data, error } = useQuery({
    queryKey: keys.settings(host),
    queryFn: () => call("GET /v1/host/settings", { host }),
  });
  const [edited, setEdited] = useState<{ from: number; settings: HostSettings }>();
  const save = useMutation({
    mutationFn: ({ from, settings }: { from: number; settings: HostSettings }) =>
      call("PUT /v1/host/settings", { host, body: settings, generation: from }),
    onSuccess: (answer) => {
      cache.setQueryData(keys.settings(host), answer);
      setEdited(undefined);
      announce.done(`The settings of ${host} are changed`);
    },
  });
  if (data === undefined) {
    return error === null ? <Spinner label={`Asking ${host}`} /> : <Problem error={error} />;
  }
  const settings = edited?.settings ?? data.settings;
  const change = (part: Partial<HostSettings>) =>
    setEdited({ from: edited?.from ?? data.generation, settings: { ...settings, ...part } });
  const isOvertaken = edited !== undefined && edited.from !== data.generation;
  return (
    <>
      {save.error === null ? null : <Problem error={save.error} />}
      {isOvertaken ? (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            Somebody else changed these settings meanwhile. Start again from theirs to see what they
            are now.
          </MessageBarBody>
        </MessageBar>
      ) : null}
      <fieldset className={styles.fields} disabled={!mayChange} aria-label={`Settings of ${host}`}>
        <Panel title="Moves">
          <MoveSettingFields host={host} settings={settings} onChange={change} />
        </Panel>
        <Panel title="Bandwidth of each move that leaves this host">
          <FieldGrid>
            <BandwidthFields
              label="Memory"
              limit={settings.memoryBandwidth}
              onChange={(memoryBandwidth) => change({ memoryBandwidth })}
            />
            <BandwidthFields
              label="Disks"
              limit={settings.storageBandwidth}
              onChange={(storageBandwidth) => change({ storageBandwidth })}
            />
          </FieldGrid>
        </Panel>
        <Panel title="Limits that few have to change">
          <FurtherFields settings={settings} onChange={change} />
        </Panel>
        <Panel title="Networks that moves may use">
          <MigrationNetworks
            networks={settings.migrationNetworks}
            onChange={(migrationNetworks) => change({ migrationNetworks })}
          />
        </Panel>
      </fieldset>
      {edited === undefined ? null : (
        <div className={styles.foot}>
          <Button
            appearance="primary"
            disabled={save.isPending || isOvertaken}
            onClick={() => save.mutate(edited)}
          >
            Save
          </Button>
          <Button
            onClick={() => {
              setEdited(undefined);
              save.reset();
            }}
          >
            Start again from what is saved
          </Button>
        </div>
      )}
    </>
  );
}
