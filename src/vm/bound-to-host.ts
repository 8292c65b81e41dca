/** What of a VM lives on one host only, and would be lost with it. Pure. */
import type { VmDefinition } from "./definition.ts";

/** As the end of a sentence; undefined when all of it can be reached from elsewhere. `shared`: physical disks that other hosts have too. */
export function boundToHost(
  { hostDevices = [], luns = [], tpm }: VmDefinition,
  shared: readonly string[],
): string | undefined {
  const device = hostDevices[0]?.name;
  if (device !== undefined) return `device "${device}" of its host`;
  const physical = luns.find(
    ({ source }) => source.kind === "physical" && !shared.includes(source.device),
  )?.name;
  if (physical !== undefined) return `physical disk "${physical}" of its host`;
  return tpm ? "a TPM whose memory is on its host" : undefined;
}
