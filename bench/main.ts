/**
 * `npm run bench`: Ferry against QEMU alone and libvirt, guest by guest and link by link, on one machine. Every subject has a
 * guest of its own that stands still while another's is measured; each run measures all of them in an order of its own.
 *
 *     npm run bench -- --quick                          three cells that say most
 *     npm run bench -- --only redis@1gbit,@unlimited    those cells; WORKLOAD@ and @LINK choose rows and columns
 *     npm run bench -- --runs 5 --json --subjects 'ferry tcp,qemu plain'
 *     npm run bench -- --page                           only write docs/benchmark.md anew from the results kept
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { endWithLab } from "../lab/end-with-lab.ts";
import { runProgram } from "../lab/program.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";
import { cellName, chooseCells, quickCells, subjects } from "./cells.ts";
import { measureCell } from "./measure-cell.ts";
import { writePage } from "./page.ts";
import { keepResults } from "./results.ts";
import type { Sample } from "./sample.ts";

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      subjects: { type: "string", default: "" },
      runs: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
      page: { type: "boolean", default: false },
    },
  });
  if (values.page) {
    await writePage();
    return 0;
  }
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new RangeError(`Cannot make ${values.runs} runs: wants a whole number from 1`);
  }
  const wanted = subjectsNamed(values.subjects);
  const cells = chooseCells(values.quick ? quickCells : listed(values.only));
  endWithLab("bench");
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const samples: Sample[] = [];
  const cpu = `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`;
  const at = new Date().toISOString();
  let path = "";
  for (const cell of cells) {
    say(`${cellName(cell)}: ${cell.workload.title}`);
    const chosen = { ...cell, subjects: cell.subjects.filter(({ name }) => wanted.has(name)) };
    const measured = await measureCell(chosen, runs, say);
    samples.push(...measured.samples);
    // An hour of cells is not lost with the last of them.
    const { qemu } = measured;
    path = await keepResults({ at, qemu, node: process.version, cpu, samples });
    await writePage();
  }
  say(`Kept in ${path}; docs/benchmark.md is written anew`);
  if (values.json) process.stdout.write(`${JSON.stringify(samples)}\n`);
  return 0;
}

function listed(words: string): string[] {
  return words.split(",").filter((word) => word !== "");
}

function subjectsNamed(words: string): Set<string> {
  const names = new Set(subjects.map(({ name }) => name));
  const wanted = listed(words);
  const unknown = wanted.find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot measure "${unknown}": wants one of ${[...names].join(", ")}`);
  }
  return wanted.length === 0 ? names : new Set(wanted);
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await runProgram("bench", main);
else process.exitCode = elsewhere;
