/**
 * `npm run test:faults`: the fault matrix (cases.ts) with real agents, QEMUs, wires and disks.
 *   --slice 3/40      only every 40th case, beginning with the 3rd; default: all
 *   --minutes 9       stops beginning cases after that time
 *   --only TEXT       cases whose name has that text
 *   --report          only writes docs/reliability.md from the results there are
 * Results are appended to .cache/faults.jsonl; a case that has a right result there is not run again, unless --again.
 */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { rerunAsLabRoot } from "../../lab/user-namespace.ts";
import { type FaultCase, faultCases, storages } from "./cases.ts";
import { FaultLab } from "./fault-lab.ts";
import { readResults, resultsFile, writeReport } from "./report.ts";
import { type CaseResult, runCase } from "./run-case.ts";

const { values } = parseArgs({
  options: {
    slice: { type: "string", default: "1/1" },
    minutes: { type: "string", default: "600" },
    only: { type: "string", default: "" },
    again: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  if (values.report) {
    writeReport();
    return 0;
  }
  const [part = 1, parts = 1] = values.slice.split("/").map(Number);
  const done = new Set(values.again ? [] : readResults().map(({ id }) => id));
  const chosen = faultCases()
    .filter((_, index) => index % parts === part - 1)
    .filter(({ id }) => id.includes(values.only) && !done.has(id));
  const end = performance.now() + Number(values.minutes) * 60_000;
  const results: CaseResult[] = [];
  for (const storage of storages) {
    const cases = chosen.filter((fault) => fault.storage === storage);
    const share = storage === "shared" ? (end - performance.now()) / 2 : end - performance.now();
    await runAll(cases, performance.now() + share, results);
  }
  const wrong = results.filter(({ outcome }) => outcome === "wrong");
  const count = (outcome: string): number => results.filter((r) => r.outcome === outcome).length;
  process.stdout.write(
    `${results.length} cases: ${count("right")} right, ${wrong.length} wrong, ` +
      `${count("not reached")} not reached, ${count("nothing to break")} with nothing to break\n`,
  );
  return wrong.length === 0 ? 0 : 1;
}

/** A lab in which a case went wrong proves nothing any more: the next case gets a new one. */
async function runAll(
  cases: readonly FaultCase[],
  end: number,
  results: CaseResult[],
): Promise<void> {
  const left = [...cases];
  while (left.length > 0 && performance.now() < end) {
    await using world = await FaultLab.up("fmatrix");
    while (left.length > 0 && performance.now() < end) {
      const fault = left.shift() as FaultCase;
      await world.provide(fault.storage);
      const result = await runCase(world, fault);
      results.push(result);
      appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
      const { outcome, owner, guest, seconds, wrong } = result;
      process.stdout.write(
        `${seconds.toFixed(1).padStart(6)} s  ${outcome}  ${fault.id}  ${owner}, ${guest}\n`,
      );
      for (const what of wrong) process.stdout.write(`          ${what}\n`);
      if (outcome === "wrong") break;
    }
  }
}

const elsewhere = await rerunAsLabRoot();
process.exitCode = elsewhere ?? (await main());
