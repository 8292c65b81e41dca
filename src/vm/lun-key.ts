/** What tells one LUN from another, and which VM has it. Pure. */
import type { LunDefinition, VmDefinition } from "./definition.ts";

/** Equal for two definitions of the same LUN. */
export function lunKey({ source }: Pick<LunDefinition, "source">): string {
  switch (source.kind) {
    case "iscsi":
      return `${source.portal} ${source.target} ${source.lun}`;
    case "fibre-channel":
      return `${source.target} ${source.lun}`;
    case "physical":
      return source.device;
  }
}

/** What people read. */
export function lunText({ source }: Pick<LunDefinition, "source">): string {
  switch (source.kind) {
    case "iscsi":
      return `LUN ${source.lun} of ${source.target} at ${source.portal}`;
    case "fibre-channel":
      return `LUN ${source.lun} of port ${source.target}`;
    case "physical":
      return source.device;
  }
}

/** The first of `others` that has the LUN too; two VMs may share one only when both just read it. */
export function lunUser(
  { id, luns = [] }: VmDefinition,
  name: string,
  others: readonly VmDefinition[],
): VmDefinition | undefined {
  const lun = luns.find((candidate) => candidate.name === name);
  if (lun === undefined) return undefined;
  return others.find(
    (other) =>
      other.id !== id &&
      (other.luns ?? []).some(
        (its) => lunKey(its) === lunKey(lun) && !(its.readOnly && lun.readOnly),
      ),
  );
}
