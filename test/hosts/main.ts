/**
 * `npm run test:hosts`: Ferry's package on whole Debian hosts (lab/hosts), case by case (cases.ts); the outcomes go into
 * docs/reliability.md. Wants root, 6 GiB of memory, Debian's packages the first time, and a machine for itself; not part of `npm test`.
 *   --only TEXT   cases whose name has that text, and, on fresh hosts, the ones that all others need
 *   --from TEXT   the first case whose name has that text, and all after it; likewise
 *   --keep        leaves the hosts up, for npm run lab:hosts -- exec --name test …
 *   --kept        uses hosts that were left up
 */
import { globSync } from "node:fs";
import { parseArgs } from "node:util";
import { OutsideClient } from "../../lab/client/outside-client.ts";
import { guestImage } from "../../lab/guest-image/build.ts";
import { HostLab } from "../../lab/hosts/host-lab.ts";
import { hostsCases } from "./cases.ts";
import { type CaseOutcome, writeReport } from "./report.ts";
import { patienceMs, Shares, type Site } from "./site.ts";

const name = "test";
/** Without these there is nothing to try the others on. */
const neededByAll = 3;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      from: { type: "string", default: "" },
      keep: { type: "boolean", default: false },
      kept: { type: "boolean", default: false },
    },
  });
  const [packageFile] = globSync("dist/ferry_*_*.deb");
  if (packageFile === undefined) throw new Error("No package in dist: run npm run package first");
  const image = await guestImage(say, "small");
  const lab = values.kept ? await HostLab.attach(name) : await HostLab.up(name, 2, say);
  const shares = new Shares(lab);
  try {
    await shares.start();
    const [a, b] = [lab.shell("host-a"), lab.shell("host-b")];
    for (const host of [a, b]) {
      await host.run("mkdir -p /srv/local");
      await host.copyTo(image.kernel, "/srv/local/vmlinuz");
      await host.copyTo(image.initrd, "/srv/local/initrd.img");
    }
    const client = new OutsideClient(lab.namespace);
    const site = { lab, a, b, client, shares, packageFile, patienceMs };
    const outcomes = await runAll(site, values, values.kept ? 0 : neededByAll);
    return outcomes.every(({ trouble }) => trouble === null) ? 0 : 1;
  } finally {
    await shares[Symbol.asyncDispose]();
    if (!values.keep) await HostLab.down(name);
  }
}

async function runAll(
  site: Site,
  { only, from }: { readonly only: string; readonly from: string },
  needed: number,
): Promise<CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  const names = hostsCases.map(({ name }) => name);
  const first = names.findIndex((what) => what.includes(from));
  if (first === -1 || !names.some((what) => what.includes(only))) {
    throw new Error(`Cannot run "${only || from}": no case is called so: ${names.join("; ")}`);
  }
  for (const [index, { name: what, run }] of hostsCases.entries()) {
    if (index >= needed && (index < first || !what.includes(only))) continue;
    const begun = performance.now();
    const outcome = await run(site).then(
      (figures) => ({ what, figures: figures ?? "", trouble: null }),
      (error: unknown) => ({ what, figures: "", trouble: String(error) }),
    );
    const seconds = Math.round((performance.now() - begun) / 1000);
    outcomes.push({ ...outcome, seconds });
    writeReport(names, outcomes);
    say(
      `${outcome.trouble === null ? "right" : "WRONG"}  ${what} (${seconds} s) ${outcome.figures}`,
    );
    if (outcome.trouble !== null) say(outcome.trouble);
    if (outcome.trouble !== null && index < needed) break;
  }
  return outcomes;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
