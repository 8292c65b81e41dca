/**
 * `npm run test:hosts`: Ferry's package on whole Debian hosts (lab/hosts), case by case (cases.ts); the outcomes go into
 * docs/reliability.md. Wants root, 6 GiB of memory, Debian's packages the first time, and a machine for itself; not part of `npm test`.
 *   --only TEXT   the cases whose name has that text; repeatable, run in the order given; on fresh hosts the ones that all need go before
 *   --from TEXT   the first case whose name has that text, and all after it; likewise
 *   --keep        leaves the hosts up, for npm run lab:hosts -- exec --name test …
 *   --kept        uses hosts that were left up
 */
import { globSync } from "node:fs";
import { parseArgs } from "node:util";
import { OutsideClient } from "../../lab/client/outside-client.ts";
import { guestImage } from "../../lab/guest-image/build.ts";
import { HostLab } from "../../lab/hosts/host-lab.ts";
import { runProgram } from "../../lab/program.ts";
import { type HostsCase, hostsCases } from "./cases.ts";
import { serveNfs } from "./nfs-server.ts";
import { type CaseOutcome, writeReport } from "./report.ts";
import { patienceMs, type Site } from "./site.ts";
import { serveSmb } from "./smb-server.ts";

const name = "test";
/** Without these there is nothing to try the others on. */
const neededByAll = 3;
const interrupt = new AbortController();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true, default: [] },
      from: { type: "string", default: "" },
      keep: { type: "boolean", default: false },
      kept: { type: "boolean", default: false },
    },
  });
  const wanted = chosen(values.only, values.from);
  const [packageFile] = globSync("dist/ferry_*_*.deb");
  if (packageFile === undefined)
    throw new RangeError("No package in dist: run npm run package first");
  const image = await guestImage(say, "small");
  // Ctrl-C ends ssh as well; what is left to do is to clean up.
  process.once("SIGINT", () => {
    interrupt.abort();
    const cleaned = values.keep ? Promise.resolve() : HostLab.down(name);
    void cleaned.finally(() => process.exit(130));
  });
  const lab = values.kept ? await HostLab.attach(name) : await HostLab.up(name, 2, say);
  try {
    await using smb = await serveSmb(lab);
    await using nfs = await serveNfs(lab);
    const [a, b] = [lab.shell("host-a"), lab.shell("host-b")];
    for (const host of values.kept ? [] : [a, b]) {
      await host.run("mkdir -p /srv/local");
      await host.copyTo(image.kernel, "/srv/local/vmlinuz");
      await host.copyTo(image.initrd, "/srv/local/initrd.img");
    }
    const client = new OutsideClient(lab.namespace);
    const site = { lab, a, b, client, smb, nfs, packageFile, patienceMs };
    const needed = hostsCases.slice(0, values.kept ? 0 : neededByAll);
    const outcomes = await runAll(site, needed, wanted);
    return outcomes.every(({ trouble }) => trouble === null) ? 0 : 1;
  } finally {
    if (!values.keep) await HostLab.down(name);
  }
}

/** @throws RangeError naming all cases when a text is in no name. */
function chosen(only: readonly string[], from: string): HostsCase[] {
  const having = (text: string): HostsCase[] => {
    const found = hostsCases.filter(({ name: what }) => what.includes(text));
    if (found.length > 0) return found;
    const names = hostsCases.map(({ name: what }) => what).join("; ");
    throw new RangeError(`Cannot run "${text}": no case is called so: ${names}`);
  };
  if (only.length > 0) return only.flatMap(having);
  const [first] = having(from);
  return hostsCases.slice(first === undefined ? 0 : hostsCases.indexOf(first));
}

async function runAll(
  site: Site,
  needed: readonly HostsCase[],
  wanted: readonly HostsCase[],
): Promise<CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  const names = hostsCases.map(({ name: what }) => what);
  for (const one of new Set([...needed, ...wanted])) {
    const { name: what, run } = one;
    const begun = performance.now();
    const outcome = await run(site).then(
      (figures) => ({ what, figures: figures ?? "", trouble: null }),
      (error: unknown) => ({ what, figures: "", trouble: String(error) }),
    );
    // What broke because it was broken off is no outcome.
    if (interrupt.signal.aborted) break;
    const seconds = Math.round((performance.now() - begun) / 1000);
    outcomes.push({ ...outcome, seconds });
    writeReport(names, outcomes);
    say(
      `${outcome.trouble === null ? "right" : "WRONG"}  ${what} (${seconds} s) ${outcome.figures}`,
    );
    if (outcome.trouble !== null) say(outcome.trouble);
    if (outcome.trouble !== null && needed.includes(one)) break;
  }
  return outcomes;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runProgram("test:hosts", main);
