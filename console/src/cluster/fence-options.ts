/** Options of a fence agent as people write them: one a line, name=value. Pure. */
import { FerryError } from "../../../src/base/errors.ts";

/** @throws FerryError `bad-input` naming the line that is none. */
export function fenceOptions(lines: string, password: string): Record<string, string> {
  const said = lines
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line): [string, string] => {
      const at = line.indexOf("=");
      if (at > 0) return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      throw new FerryError("bad-input", `Cannot use the option "${line}": it has no value`, {
        remedy: "Write name=value, one a line",
      });
    });
  return { ...Object.fromEntries<string>(said), ...(password !== "" && { password }) };
}
