/** Turns both hosts' facts into a report: every check of the list, all findings at once. Pure. */
import type { CheckInput, Finding } from "./check.ts";
import type { DiskPlacement, FilePlacement, MigrationOptions } from "../migration/record.ts";
import { checks } from "./checks.ts";
import { placeDisks } from "./place-disks.ts";
import { placeFiles } from "./place-files.ts";

export interface CheckReport {
  readonly vm: { readonly id: string; readonly name: string };
  readonly source: string;
  readonly target: string;
  /** True when nothing blocks the move. */
  readonly possible: boolean;
  readonly findings: readonly Finding[];
  /** Disks that move with the VM, because the target does not reach them or another pool was named. */
  readonly disks: readonly DiskPlacement[];
  /** Kernels and media that the target does not reach. */
  readonly files: readonly FilePlacement[];
  /** What the move was to be like. */
  readonly options: MigrationOptions;
  /** Milliseconds since the epoch, the source's clock. */
  readonly checkedAt: number;
}

export function reportOn(input: CheckInput): CheckReport {
  const findings = checks.flatMap((check): Finding[] => {
    const troubles = check.look(input);
    if (troubles.length === 0) {
      const passed = { severity: "passed", message: check.title, remedy: null } as const;
      return [{ check: check.id, host: input.target.host, ...passed }];
    }
    return troubles.map(({ on, severity, message, remedy }) => ({
      check: check.id,
      host: input[on].host,
      severity: severity ?? check.severity,
      message,
      remedy: remedy ?? check.remedy,
    }));
  });
  return {
    vm: { id: input.definition.id, name: input.definition.name },
    source: input.source.host,
    target: input.target.host,
    possible: !findings.some((finding) => finding.severity === "blocking"),
    findings,
    disks: placeDisks(input),
    files: placeFiles(input),
    options: input.options,
    checkedAt: input.source.clockMs,
  };
}
