/** Lists over the domain leave out hosts that did not answer; people should know whose rows are missing. */
import type { Unreachable } from "../api/schema/scope.ts";
import type { Cli } from "./cli.ts";

export function warnUnreachable(cli: Cli, unreachable: Unreachable): void {
  for (const { host, message } of unreachable) {
    cli.output.warning(`host "${host}" is not in this list: ${message}`);
  }
}
