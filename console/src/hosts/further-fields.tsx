/** The settings of moves that few have to change. */
import type { HostSettings } from "../../../src/scheduler/settings.ts";
import { CountField } from "../parts/count-field.tsx";
import { FieldGrid } from "../parts/field-grid.tsx";
import { OptionSelect } from "../parts/option-select.tsx";

const second = 1000;
const day = 86_400;

/** Empty: half of the processors. */
const threadNames = {
  "": "Half of the processors",
  ...{ "1": "1", "2": "2", "3": "3", "4": "4" },
} as const;

const shutdownNames: Readonly<Record<HostSettings["shutdownPolicy"], string>> = {
  move: "Move to other hosts, else shut down",
  shutdown: "Shut down",
  "power-off": "Lose their power",
};

const compressorNames: Readonly<Record<HostSettings["memoryCompressor"], string>> = {
  auto: "As the guest and the link are",
  agent: "The agents, page by page",
  qemu: "QEMU, in threads of its own",
};

interface FurtherFieldsProps {
  readonly settings: HostSettings;
  readonly onChange: (part: Partial<HostSettings>) => void;
}

export function FurtherFields({ settings, onChange }: FurtherFieldsProps) {
  const { outageMsMax, blackoutOutageMsMax, stopMsMax, giveUpAfterMs } = settings;
  const { pageCacheMibMax, compressionThreadsMax } = settings;
  return (
    <FieldGrid>
      <CountField
        label="Without a connection while the guest runs, seconds"
        hint="A move waits for so long, then it is given up"
        max={day}
        value={outageMsMax / second}
        onChange={(seconds) => onChange({ outageMsMax: seconds * second })}
      />
      <CountField
        label="The same while the guest stands still, ms"
        hint="Then the guest goes on where it was"
        min={500}
        max={60_000}
        step={500}
        value={blackoutOutageMsMax}
        onChange={(milliseconds) => onChange({ blackoutOutageMsMax: milliseconds })}
      />
      <CountField
        label="Policy certain: the guest stops for at most, ms"
        min={100}
        max={600_000}
        step={100}
        value={stopMsMax}
        onChange={(milliseconds) => onChange({ stopMsMax: milliseconds })}
      />
      <CountField
        label="Policy patient: given up after, seconds"
        max={day}
        value={giveUpAfterMs / second}
        onChange={(seconds) => onChange({ giveUpAfterMs: seconds * second })}
      />
      <OptionSelect
        label="With compression, who compresses"
        value={settings.memoryCompressor}
        names={compressorNames}
        onChange={(memoryCompressor) => onChange({ memoryCompressor })}
      />
      <CountField
        label="Memory for pages sent before, MiB"
        hint="For each move, on each of its hosts; 0: none"
        min={0}
        max={65_536}
        step={64}
        value={pageCacheMibMax}
        onChange={(mebibytes) => onChange({ pageCacheMibMax: mebibytes })}
      />
      <OptionSelect
        label="Threads that compress, for each move"
        value={compressionThreadsMax === null ? "" : String(compressionThreadsMax)}
        names={threadNames as Readonly<Record<string, string>>}
        onChange={(count) =>
          onChange({ compressionThreadsMax: count === "" ? null : Number(count) })
        }
      />
      <OptionSelect
        label="VMs, when the host is shut down"
        value={settings.shutdownPolicy}
        names={shutdownNames}
        onChange={(shutdownPolicy) => onChange({ shutdownPolicy })}
      />
      <CountField
        label="All of that, seconds"
        hint="Then the host goes down in any case"
        min={30}
        max={1_500}
        value={settings.shutdownMsMax / second}
        onChange={(seconds) => onChange({ shutdownMsMax: seconds * second })}
      />
      <CountField
        label="Of it, for guests to shut down, seconds"
        hint="Then they lose their power"
        max={1_200}
        value={settings.shutdownGuestMsMax / second}
        onChange={(seconds) => onChange({ shutdownGuestMsMax: seconds * second })}
      />
    </FieldGrid>
  );
}
