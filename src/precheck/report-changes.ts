/** What changed between two reports on the same move: mended, come up, become another. Pure. */
import type { Finding } from "./check.ts";

export interface ReportChange {
  readonly check: string;
  readonly host: string;
  readonly kind: "mended" | "new";
  /** Of a finding that is gone: how grave it was; of a new one: how grave it is. */
  readonly severity: Finding["severity"];
  readonly message: string;
}

/** Findings whose numbers alone are others, such as the load, are no change. */
export function changesBetween(
  before: readonly Finding[],
  after: readonly Finding[],
): ReportChange[] {
  const [old, now] = [troubles(before), troubles(after)];
  const gone = old.filter((finding) => !now.some((other) => isSame(finding, other)));
  const come = now.filter((finding) => !old.some((other) => isSame(finding, other)));
  const describe = ({ check, host, severity, message }: Finding, kind: ReportChange["kind"]) => ({
    ...{ check, host, kind, severity, message },
  });
  return [
    ...gone.map((finding) => describe(finding, "mended")),
    ...come.map((finding) => describe(finding, "new")),
  ];
}

function troubles(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ severity }) => severity !== "passed");
}

function isSame(one: Finding, other: Finding): boolean {
  return (
    one.check === other.check &&
    one.host === other.host &&
    one.severity === other.severity &&
    words(one.message) === words(other.message)
  );
}

function words(message: string): string {
  return message.replaceAll(/\d+(\.\d+)?/g, "#");
}
