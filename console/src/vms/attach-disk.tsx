/** Attaches an image that lies in a pool of the host. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { useState } from "react";
import type { PoolFile, VmDefinition } from "../../../src/vm/definition.ts";
import { FileSelect } from "./file-select.tsx";
import { withDisk } from "./hardware-changes.ts";
import { usePoolFiles } from "./pool-files.ts";

const useStyles = makeStyles({
  row: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
});

interface AttachProps {
  readonly host: string;
  readonly definition: VmDefinition;
  readonly onChange: (definition: VmDefinition) => void;
}

export function AttachDisk({ host, definition, onChange }: AttachProps) {
  const [chosen, setChosen] = useState<PoolFile | null>(null);
  const files = usePoolFiles(host).filter(
    ({ pool, file }) =>
      /\.(qcow2|raw)$/.test(file) &&
      !definition.disks.some((disk) => disk.pool === pool && disk.file === file),
  );
  return (
    <div className={useStyles().row}>
      <FileSelect
        label="A disk that lies in a pool"
        none="Choose"
        files={files}
        chosen={chosen}
        onChange={setChosen}
      />
      <Button
        disabled={chosen === null}
        onClick={() => {
          if (chosen !== null) onChange(withDisk(definition, chosen));
          setChosen(null);
        }}
      >
        Attach the disk
      </Button>
    </div>
  );
}
