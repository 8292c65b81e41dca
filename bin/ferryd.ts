#!/usr/bin/env node
/** The host agent: `ferryd [--config PATH] [--check-config]`. */
import { parseArgs } from "node:util";
import { loadConfig } from "../src/agent/config.ts";
import { describeFailure, runAgent } from "../src/agent/start.ts";
import { errorCodes, FerryError } from "../src/base/errors.ts";

try {
  const { values } = parseArgs({
    options: {
      config: { type: "string" },
      "check-config": { type: "boolean", default: false },
    },
  });
  const path = values.config ?? "/etc/ferry/ferryd.yaml";
  const config = loadConfig(path, values.config === undefined);
  if (values["check-config"]) console.log(`${path}: ok`);
  else await runAgent(config);
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = errorCodes[FerryError.from(error).code].exit;
}
