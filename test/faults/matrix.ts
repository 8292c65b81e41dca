/**
 * `npm run test:faults`: the fault matrix (cases.ts) with real agents, QEMUs, wires and disks.
 *   --slice 3/40      only every 40th case, beginning with the 3rd; default: all
 *   --minutes 9       stops beginning cases after that time
 *   --only TEXT,TEXT  cases whose name has one of these texts, such as disk-full,link-cut
 *   --labs 2          so many cases at once, each in a lab of its own (default 2)
 *   --report          only writes docs/reliability.md from the results there are
 * Results are appended to .cache/faults.jsonl; a case that has a right result there is not run again, unless --again; wrong
 * ones come first. What the agents of a wrong case have logged is kept in .cache/faults/.
 */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { numberOption, runProgram } from "../../lab/program.ts";
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
    labs: { type: "string", default: "2" },
    again: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  if (values.report) {
    writeReport();
    return 0;
  }
  const [part = 1, parts = 1] = values.slice
    .split("/")
    .map((number) => numberOption("slice", number, 1));
  const minutes = numberOption("minutes", values.minutes);
  const texts = values.only.split(",");
  const unknown = texts.find((text) => !faultCases().some(({ id }) => id.includes(text)));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot break "${unknown}": no case has it in its name, such as disk-full`,
    );
  }
  const isRight = ({ outcome }: CaseResult): boolean => outcome !== "wrong";
  const before = readResults();
  const done = new Set(values.again ? [] : before.filter(isRight).map(({ id }) => id));
  const failed = new Set(before.filter((result) => !isRight(result)).map(({ id }) => id));
  const chosen = faultCases()
    .filter((_, index) => index % parts === part - 1)
    .filter(({ id }) => !done.has(id) && texts.some((text) => id.includes(text)))
    .toSorted((a, b) => Number(failed.has(b.id)) - Number(failed.has(a.id)));
  const end = performance.now() + minutes * 60_000;
  const queues = storages.map((storage) => chosen.filter((fault) => fault.storage === storage));
  const labs = Array.from({ length: numberOption("labs", values.labs, 1) }, (_, index) => index);
  const results = (await Promise.all(labs.map((lab) => runAll(lab, queues, end)))).flat();
  const wrong = results.filter(({ outcome }) => outcome === "wrong");
  const count = (outcome: string): number => results.filter((r) => r.outcome === outcome).length;
  process.stdout.write(
    `${results.length} cases: ${count("right")} right, ${wrong.length} wrong, ` +
      `${count("not reached")} not reached, ${count("nothing to break")} with nothing to break\n`,
  );
  return wrong.length === 0 ? 0 : 1;
}

/** Each lab begins with another storage: a change of it costs a boot. */
async function runAll(
  index: number,
  queues: readonly FaultCase[][],
  end: number,
): Promise<CaseResult[]> {
  const own = queues[index % queues.length];
  const next = (): FaultCase | undefined =>
    own?.shift() ?? queues.find((queue) => queue.length > 0)?.shift();
  const results: CaseResult[] = [];
  let fault = next();
  while (fault !== undefined && performance.now() < end) {
    // A lab in which a case went wrong proves nothing any more: the next case gets a new one.
    await using world = await FaultLab.up(`fmatrix${index + 1}`);
    for (; fault !== undefined && performance.now() < end; fault = next()) {
      await world.provide(fault.storage);
      const result = await runCase(world, fault);
      results.push(result);
      say(result);
      if (result.outcome !== "wrong") continue;
      await world.keepLogs(
        new URL(`../../.cache/faults/${fault.id.replaceAll(" ", "_")}/`, import.meta.url),
      );
      fault = next();
      break;
    }
  }
  return results;
}

function say(result: CaseResult): void {
  appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
  const { id, outcome, owner, guest, seconds, wrong } = result;
  const lines = [
    `${seconds.toFixed(1).padStart(6)} s  ${outcome}  ${id}  ${owner}, ${guest}`,
    ...wrong.map((what) => `          ${what}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await runProgram("test:faults", main);
else process.exitCode = elsewhere;
