#!/usr/bin/env node
/** The host agent: `ferryd [--config PATH] [--check-config]`. */
import { parseArgs } from "node:util";
import { loadConfig } from "../src/agent/config.ts";
import { describeFailure, runAgent } from "../src/agent/start.ts";
import { errorCodes, FerryError } from "../src/base/errors.ts";

try {
  const { values } = parseArgs({
    options: {
      config: { type: "string", default: "/etc/ferry/ferryd.yaml" },
      "check-config": { type: "boolean", default: false },
    },
  });
  const config = loadConfig(values.config);
  if (values["check-config"]) console.log(`${values.config}: ok`);
  else await runAgent(config);
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = errorCodes[FerryError.from(error).code].exit;
}
