/** What `ferryd` is called with. */
import { parseArgs } from "node:util";
import { FerryError } from "../base/errors.ts";

export const usage = `ferryd: Ferry's host agent

  --config PATH    configuration file (/etc/ferry/ferryd.yaml)
  --check-config   say whether the file is right, and start nothing
  --version        say which version this is
  --help           say this`;

export interface CommandLine {
  readonly action: "run" | "check-config" | "version" | "help";
  /** Undefined: the file at its usual place, which need not be there. */
  readonly config: string | undefined;
}

/** @throws FerryError `bad-input`. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: "string" },
        "check-config": { type: "boolean" },
        version: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    const actions = ["help", "version", "check-config"] as const;
    return { action: actions.find((name) => values[name]) ?? "run", config: values.config };
  } catch (cause) {
    throw new FerryError("bad-input", "Cannot understand the command line", {
      remedy: "ferryd --help says what there is",
      cause,
    });
  }
}
