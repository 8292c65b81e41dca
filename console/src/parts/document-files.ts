/** JSON documents as files that the browser keeps and gives. */
import { FerryError } from "../../../src/base/errors.ts";

export function saveDocument(name: string, document: object): void {
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  const link = globalThis.document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** @throws FerryError `bad-input` for a file that holds no JSON. */
export async function readDocument(file: File): Promise<unknown> {
  const text = await file.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FerryError("bad-input", `Cannot use "${file.name}": it is no JSON document`, {
      remedy: "Choose a file that was saved here or by ferry",
      cause,
    });
  }
}
