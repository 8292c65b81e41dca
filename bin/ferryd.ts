#!/usr/bin/env node
/** The host agent: `ferryd [--config PATH]`. */
import { parseCommandLine, usage } from "../src/agent/command-line.ts";
import { loadConfig } from "../src/agent/config.ts";
import { describeFailure, runAgent } from "../src/agent/start.ts";
import { ferryVersion } from "../src/base/ferry-version.ts";
import { errorCodes, FerryError } from "../src/base/errors.ts";

const usualConfig = "/etc/ferry/ferryd.yaml";

try {
  const { action, config } = parseCommandLine(process.argv.slice(2));
  const load = () => loadConfig(config ?? usualConfig, config === undefined);
  if (action === "help") console.log(usage);
  else if (action === "version") console.log(`ferryd ${ferryVersion()}`);
  else if (action === "check-config") console.log(`The configuration of "${load().name}" is right`);
  else await runAgent(load());
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = errorCodes[FerryError.from(error).code].exit;
}
