/** Checks about what an earlier attempt left on the target (docs/decisions/0052). */
import { formatBytes } from "../base/format.ts";
import { isPartialOf } from "../storage/partial-name.ts";
import type { Check, CheckInput } from "./check.ts";
import { movingDisks } from "./place-disks.ts";

export const partialChecks: readonly Check[] = [
  {
    id: "partial-kept",
    title: "What an earlier attempt left of the disks is used, and there when it is asked for",
    compares: "The option --resume against what the target keeps of the VM's disks",
    severity: "blocking",
    remedy: "Move with --resume where something is kept, without it where nothing is",
    look(input) {
      const { definition, options, target } = input;
      const kept = keptBytes(input);
      if (options.resume === true) {
        if (kept > 0) return [];
        return [
          {
            on: "target",
            severity: "blocking",
            message: `"${target.host}" keeps nothing of an earlier attempt to move the disks of "${definition.name}"`,
            remedy: `Move "${definition.name}" without --resume; with --keep-partial what is copied is kept when the move fails`,
          },
        ];
      }
      if (kept === 0) return [];
      return [
        {
          on: "target",
          severity: "warning",
          message: `"${target.host}" keeps ${formatBytes(kept)} of an earlier attempt to move the disks of "${definition.name}", which would not be used`,
          remedy: `Move with --resume, or free the room: ferry migration discard ${definition.name}`,
        },
      ];
    },
  },
];

/** What the target keeps of the disks that move. */
function keptBytes(input: CheckInput): number {
  const disks = movingDisks(input).map(({ disk }) => disk);
  const files = Object.values(input.target.storage).flatMap((pool) => Object.entries(pool.files));
  return files
    .filter(([name]) => disks.some(({ file }) => isPartialOf(name, file)))
    .reduce((sum, [, bytes]) => sum + bytes, 0);
}
