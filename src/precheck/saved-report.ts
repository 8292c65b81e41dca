/** A report that somebody kept: whether it is about this move, and whether it still holds when the move begins. Pure. */
import { FerryError } from "../base/errors.ts";
import type { Finding } from "./check.ts";
import type { DiskPlacement } from "../migration/record.ts";
import { changesBetween } from "./report-changes.ts";

export interface KeptReport {
  readonly vm: { readonly id: string; readonly name: string };
  readonly source: string;
  readonly target: string;
  readonly possible: boolean;
  readonly findings: readonly Finding[];
  readonly disks: readonly DiskPlacement[];
}

/** @throws FerryError `bad-input` when the kept report is about another VM or other hosts. */
export function requireSameMove(kept: KeptReport, now: KeptReport): void {
  const { vm } = now;
  const subject = `Cannot use the report on VM "${kept.vm.name}"`;
  if (kept.vm.id !== vm.id) {
    throw new FerryError(
      "bad-input",
      `${subject}: it is about ${kept.vm.id}, "${vm.name}" is ${vm.id}`,
      { remedy: again(now) },
    );
  }
  if (kept.source === now.source && kept.target === now.target) return;
  throw new FerryError(
    "bad-input",
    `${subject}: it is about a move from "${kept.source}" to "${kept.target}", this one goes from "${now.source}" to "${now.target}"`,
    { remedy: again(now) },
  );
}

/** Comes and goes by the minute: no reason to ask a person anew. */
const passing = "load";

/**
 * What the person who kept the report agreed to must still be what will happen.
 * @throws FerryError `stale` when other disks would be copied, or a warning has come up that the report does not have;
 *   as `requireSameMove`.
 */
export function requireStillTrue(kept: KeptReport, now: KeptReport): void {
  requireSameMove(kept, now);
  const disks = ({ disks: list }: KeptReport) =>
    list.map(({ name, targetPool }) => `${name} to pool ${targetPool}`).sort();
  const changes = [
    ...changesBetween(kept.findings, now.findings)
      .filter(({ kind, check }) => kind === "new" && check !== passing)
      .map(({ message }) => message),
    ...(disks(kept).join() === disks(now).join()
      ? []
      : [
          `it would copy ${disks(now).join(", ") || "no disk"}, not ${disks(kept).join(", ") || "none"}`,
        ]),
  ];
  if (changes.length === 0) return;
  throw new FerryError(
    "stale",
    `Cannot move VM "${now.vm.name}" by its report, which no longer holds: ${changes.join("; ")}`,
    { remedy: again(now), details: { changes } },
  );
}

function again({ vm, target }: KeptReport): string {
  return `Check again: ferry check ${vm.name} ${target} --save FILE`;
}
