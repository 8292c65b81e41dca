/** Reports of checks in files: kept, to be checked again after mending and to be given to the move. */
import { readFile, writeFile } from "node:fs/promises";
import Value from "typebox/value";
import { type CheckReport, SavedReport } from "../api/schema/check.ts";
import { FerryError } from "../base/errors.ts";
import { schemaProblem } from "../base/schema-problem.ts";

export async function keepReport(file: string, report: CheckReport): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  } catch (cause) {
    throw new FerryError("bad-input", `Cannot write the report to "${file}"`, {
      remedy: "Name a file in a directory that you may write to",
      cause,
    });
  }
}

/** What of it a later check or the move needs. @throws FerryError `bad-input`. */
export async function readReport(file: string): Promise<SavedReport> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new FerryError("bad-input", `Cannot read the report "${file}"`, { remedy, cause });
  }
  const known = Value.Clean(SavedReport, document);
  if (Value.Check(SavedReport, known)) return known;
  const { path, problem } = schemaProblem(SavedReport, known) ?? { path: "/", problem: "" };
  throw new FerryError("bad-input", `Cannot use "${file}" as a report: ${path}: ${problem}`, {
    remedy,
  });
}

/** VM and host on the command line beside a report must be the report's. @throws FerryError `bad-input`. */
export function refuseOther(
  file: string,
  { vm: { id, name }, target: host }: SavedReport,
  vm: string | undefined,
  target: string | undefined,
): void {
  const isSame = (vm === undefined || vm === name || vm === id) && (target ?? host) === host;
  if (isSame) return;
  throw new FerryError(
    "bad-input",
    `Cannot use the report "${file}" here: it is about moving "${name}" to "${host}"`,
    { remedy: "Leave VM and host out, or give the report of this move" },
  );
}

const remedy = "Give a file that this wrote: ferry check VM HOST --save FILE";
