/** What the checks say of a VM and the hosts it might go to. */
import { type QueryClient, useQueries } from "@tanstack/react-query";
import type { CheckReport, SavedReport } from "../../../src/api/schema/check.ts";
import type { DomainHost } from "../../../src/api/schema/host.ts";
import { FerryError } from "../../../src/base/errors.ts";
import type { MigrationOptions } from "../../../src/migration/record.ts";
import { call } from "../api/call.ts";

export interface TargetVerdict {
  /** Undefined when the check itself failed. */
  readonly report: CheckReport | undefined;
  readonly blocking: number;
  readonly warnings: number;
  /** What speaks against it, the worst first. */
  readonly against: readonly string[];
}

/** A report is of its moment: after half a minute the next look asks again. */
const freshMs = 30_000;

/** `saved`: a report of this move from before this page; what is asked again is held against the latest. */
export function checkQuery(
  vm: string,
  target: string,
  options: MigrationOptions,
  saved?: SavedReport,
) {
  const queryKey = ["check", vm, target, options] as const;
  return {
    queryKey,
    queryFn: async ({ client, signal }: { client: QueryClient; signal: AbortSignal }) => {
      const previous = client.getQueryData<CheckReport>(queryKey) ?? saved;
      const body = { vm, target, options };
      if (previous === undefined) return await call("POST /v1/checks", { body, signal });
      return await call("POST /v1/checks", { body: { ...body, previous }, signal }).catch(
        async (error: unknown) => {
          // It is about another move by now: the VM is elsewhere.
          if (FerryError.from(error).code !== "bad-input") throw error;
          return await call("POST /v1/checks", { body, signal });
        },
      );
    },
    staleTime: freshMs,
    gcTime: freshMs,
    retry: false,
  };
}

/** By the host's name; without those that are still being asked. */
export function useTargetChecks(
  vm: string,
  hosts: readonly DomainHost[],
  options: MigrationOptions,
): ReadonlyMap<string, TargetVerdict> {
  return useQueries({
    queries: hosts.map(({ name }) => checkQuery(vm, name, options)),
    combine: (results) => {
      const verdicts = new Map<string, TargetVerdict>();
      for (const [index, { data, error }] of results.entries()) {
        const host = hosts[index];
        if (host !== undefined && (data ?? error)) verdicts.set(host.name, verdictOf(data, error));
      }
      return verdicts;
    },
  });
}

export function verdictOf(report: CheckReport | undefined, error: unknown): TargetVerdict {
  if (report === undefined) {
    const { message } = FerryError.from(error);
    return { report, blocking: 1, warnings: 0, against: [message] };
  }
  const blocking = report.findings.filter(({ severity }) => severity === "blocking");
  const warnings = report.findings.filter(({ severity }) => severity === "warning");
  const against = [...blocking, ...warnings].map(({ message }) => message);
  return { report, blocking: blocking.length, warnings: warnings.length, against };
}
