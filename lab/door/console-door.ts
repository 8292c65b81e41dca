/**
 * A way for the machine's own browser into a lab, whose networks nothing else reaches: a port of the loopback, a unix
 * socket between the namespaces, and the agent's port behind it.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SessionLink } from "../../src/api/schema/session.ts";
import { inNamespace } from "../namespaces.ts";
import type { LabHost } from "../lab-host.ts";
import { labDirectory } from "../topology.ts";

const program = join(import.meta.dirname, "main.ts");
const agentPort = 6600;
/** Free on most machines; a browser keeps apart what it knows of each port. */
export const doorPort = 6680;

function socketOf(lab: string): string {
  return join(labDirectory(lab), "console.sock");
}

/** Inside: from the unix socket to the agent. @returns a link that logs in, once, through the door. */
export async function openDoor(lab: string, host: LabHost): Promise<string> {
  const command = [process.execPath, program, socketOf(lab), `${host.address}:${agentPort}`];
  start(...inNamespace(host.namespace, command));
  const body = { name: "lab", role: "administrator" } as const;
  const link: SessionLink = await host.api("POST /v1/session/links", { body });
  const url = new URL(link.url);
  url.host = `127.0.0.1:${doorPort}`;
  return url.href;
}

/** Outside, where the browser is: from the loopback to the unix socket. Nothing where the lab has no door. */
export function standOutside(lab: string): void {
  if (!existsSync(labDirectory(lab))) return;
  start(process.execPath, [program, `127.0.0.1:${doorPort}`, socketOf(lab)]);
}

/** Outlives the command that started it, and ends with the lab. */
function start(command: string, args: readonly string[]): void {
  spawn(command, args, { detached: true, stdio: "ignore" }).unref();
}
