/**
 * `node bench/check.ts`: how long `ferry check` takes for a guest that runs, as a command and as a question to the API, with the
 * prediction's measured second and, by what a move asks itself, without. Prints medians. `--runs 10`, `--disk 64`.
 */
import { parseArgs } from "node:util";
import { createGuest } from "../lab/guest.ts";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";
import { median } from "./sample.ts";

const vm = "bench01";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "10" },
      disk: { type: "string", default: "64" },
    },
  });
  endWithLab("bench-check");
  await using lab = await Lab.up({ name: "bench-check", say: console.error });
  const [a] = lab.hosts;
  if (a === undefined) throw new Error("the lab has no host");
  const diskMib = Number(values.disk);
  await createGuest(lab, { name: vm, host: a.name, address: "10.77.0.60", diskMib });
  const body = { vm, target: "host-b" };
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    "ferry check": () => a.ferry(["check", vm, "host-b"]),
    "ferry --version, to compare": () => a.ferry(["--version"]),
    "POST /v1/checks": () => a.api("POST /v1/checks", { body }),
  };
  const took = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  // In turns, since agents and guest get faster as they go on; the first of each loads code.
  for (let run = 0; run <= Number(values.runs); run++) {
    for (const [name, ask] of Object.entries(ways)) {
      const begun = performance.now();
      await ask();
      if (run > 0) took.get(name)?.push(performance.now() - begun);
    }
  }
  for (const [name, tookMs] of took) {
    const [least, most] = [Math.min(...tookMs), Math.max(...tookMs)].map(Math.round);
    console.log(`${name}: median ${Math.round(median(tookMs))} ms (${least} to ${most})`);
  }
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
