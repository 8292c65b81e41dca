/** Everything that the cluster keeps in etcd, as a file; and made anew from one when all of etcd is lost. */
import { Button, Text } from "@fluentui/react-components";
import { ArrowDownloadRegular } from "@fluentui/react-icons/svg/arrow-download";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ClusterBackup, ClusterStatus } from "../../../src/api/schema/cluster.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { DocumentChooser } from "../parts/document-chooser.tsx";
import { readDocument, saveDocument } from "../parts/document-files.ts";
import { Question } from "../parts/question.tsx";

interface BackupProps {
  readonly cluster: ClusterStatus;
  readonly through: string;
}

export function Backup({ cluster, through }: BackupProps) {
  const announce = useAnnounce();
  const backUp = useMutation({
    mutationFn: () => call("GET /v1/cluster/backup", { host: through }),
    onSuccess: (backup) => saveDocument(`${cluster.name}-backup.json`, backup),
    onError: announce.failed,
  });
  if (!cluster.etcd.hasQuorum) return <Restore through={through} />;
  return (
    <Button
      icon={<ArrowDownloadRegular />}
      disabled={backUp.isPending}
      onClick={() => backUp.mutate()}
    >
      Save a backup
    </Button>
  );
}

/** The agent refuses while etcd answers, and a file that is no backup of this cluster. */
function Restore({ through }: Pick<BackupProps, "through">) {
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [file, setFile] = useState<File>();
  const restore = useMutation({
    mutationFn: async (chosen: File) =>
      call("POST /v1/cluster/restore", {
        host: through,
        body: (await readDocument(chosen)) as ClusterBackup,
      }),
    onSuccess: ({ silent }) =>
      announce.done(
        silent.length === 0
          ? "The data are restored"
          : `The data are restored; ${silent.join(", ")} did not answer: restore again when they are back`,
      ),
    onError: announce.failed,
    onSettled: () => {
      setFile(undefined);
      void cache.invalidateQueries({ queryKey: keys.clusters });
    },
  });
  return (
    <>
      <DocumentChooser label="Backup of the cluster" onChosen={setFile}>
        Restore a backup
      </DocumentChooser>
      {file === undefined ? null : (
        <Question
          title={`Make a new etcd on ${through} from ${file.name}?`}
          confirm="Restore it"
          isBusy={restore.isPending}
          onClose={() => setFile(undefined)}
          onConfirm={() => restore.mutate(file)}
        >
          <Text>
            Only when all of etcd is lost for good: members of the old one must never run again.
          </Text>
        </Question>
      )}
    </>
  );
}
