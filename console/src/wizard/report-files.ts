/** Reports of checks as files, the same that `ferry check --save` writes and reads. */
import type { CheckReport, SavedReport } from "../../../src/api/schema/check.ts";
import { FerryError } from "../../../src/base/errors.ts";
import { readDocument, saveDocument } from "../parts/document-files.ts";

/** Gives it to the browser to keep. */
export function saveReport(report: CheckReport): void {
  saveDocument(`${report.vm.name}-to-${report.target}.json`, report);
}

/** @throws FerryError `bad-input` for a file that is plainly no report; the agent, to which it goes, holds it against the schema. */
export async function openReport(file: File): Promise<SavedReport> {
  const document = await readDocument(file);
  if (isReport(document)) return document;
  throw new FerryError("bad-input", `Cannot use "${file.name}": it is no report of a check`, {
    remedy: "Open a file that was saved here, or by ferry check VM HOST --save FILE",
  });
}

function isReport(document: unknown): document is SavedReport {
  const { vm, target, options, findings } = Object(document) as Record<string, unknown>;
  const { name } = Object(vm) as Record<string, unknown>;
  return (
    typeof name === "string" &&
    typeof target === "string" &&
    typeof options === "object" &&
    options !== null &&
    Array.isArray(findings)
  );
}
