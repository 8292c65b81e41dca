/**
 * `npm run test:checks`: every check of the list fails on real parts, in words, and passes once its remedy is carried out. Not
 * part of `npm test`: it takes minutes (parts of it are there, in the files beside this one). With WRITE_PAGE=1 what was read becomes
 * docs/checks-seen.md; SCENES=WORDS plays those whose title has the words.
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { CheckReport, Finding } from "../../src/api/schema/check.ts";
import { FerryError } from "../../src/base/errors.ts";
import { checks } from "../../src/precheck/checks.ts";
import type { Scene } from "./proofs/scene.ts";
import { scenes } from "./proofs/scenes.ts";
import { type Question, Site } from "./proofs/site.ts";

interface Seen extends Pick<Finding, "host" | "severity" | "message" | "remedy"> {
  readonly check: string;
  readonly scene: Scene;
}

const only = process.env["SCENES"];
const page = join(import.meta.dirname, "../../docs/checks-seen.md");
const seen: Seen[] = [];
let site: Site;

before(async () => {
  site = await Site.make();
});

after(async () => {
  await site[Symbol.asyncDispose]();
  const isWhole = checks.every(({ id }) => seen.some(({ check }) => check === id));
  if (process.env["WRITE_PAGE"] === "1" && isWhole) await writeFile(page, pageOf(seen));
});

for (const scene of scenes.filter(({ title }) => only === undefined || title.includes(only))) {
  test(scene.title, async () => {
    const question = await scene.spoil(site);
    const report = await reportOrRefusal(scene, question);
    for (const [check, expected] of Object.entries(scene.reads)) {
      assert.ok(report !== undefined);
      const found = troubles(report, check);
      const text = found.map(({ host, severity, message }) => `${host} ${severity}: ${message}`);
      assert.match(text.join("\n"), expected, check);
      for (const finding of found) {
        assert.ok((finding.remedy ?? "") !== "", `${check} has a remedy`);
        seen.push({ ...finding, scene });
      }
    }
    const mended = await site.report((await scene.mend(site)) ?? question);
    for (const check of [...Object.keys(scene.reads), ...Object.keys(scene.refused ?? {})]) {
      const [finding] = mended.findings.filter((one) => one.check === check);
      assert.equal(finding?.severity, "passed", `${check}: ${finding?.message}`);
    }
    await scene.after?.(site);
  });
}

/** Undefined where the question itself was refused, as the scene says. */
async function reportOrRefusal(scene: Scene, question: Question): Promise<CheckReport | undefined> {
  const entries = Object.entries(scene.refused ?? {});
  if (entries.length === 0) return await site.report(question);
  const error = await site.report(question).then(
    () => undefined,
    (problem: unknown) => FerryError.from(problem),
  );
  const { target = "host-b" } = question;
  for (const [check, expected] of entries) {
    assert.match(`${error?.message}\n${error?.remedy}`, expected, check);
    const { message = "", remedy = null } = error ?? {};
    seen.push({ check, scene, host: target, severity: "blocking", message, remedy });
  }
  return undefined;
}

function troubles({ findings }: CheckReport, id: string): Finding[] {
  return findings.filter(({ check, severity }) => check === id && severity !== "passed");
}

function pageOf(all: readonly Seen[]): string {
  const rows = all.map(({ check, host, severity, message, remedy }) => {
    const cells = [`\`${check}\``, `${severity} (${host})`, message, remedy ?? ""];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  });
  const standIns = new Map(
    all.flatMap(({ scene }) => (scene.standsIn ? [[scene.title, scene.standsIn] as const] : [])),
  );
  return [
    "# Every check, seen to fail",
    "",
    "<!-- Made by `WRITE_PAGE=1 npm run test:checks` (test/precheck/every-check.ts) from what was read there: change it there. -->",
    "",
    "In a lab of three hosts each check of [checks.md](checks.md) was made to fail on real parts, and passed once its remedy was carried",
    "out. This is what was read.",
    "",
    "| check | finds | says | remedy |",
    "|---|---|---|---|",
    ...rows,
    "",
    "What stood in for a machine that was not at hand:",
    "",
    ...[...standIns].map(([title, text]) => `- ${title}: ${text}`),
    "",
  ].join("\n");
}
