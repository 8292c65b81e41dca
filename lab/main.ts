/** `npm run lab -- …`: labs for people. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Lab } from "./lab.ts";
import type { LabHost } from "./lab-host.ts";
import { execInNamespace } from "./namespaces.ts";
import { namespaceOf } from "./topology.ts";
import { rerunAsLabRoot } from "./user-namespace.ts";

const usage = `Hosts, wires and a client on this machine, to try Ferry with.

  npm run lab -- up [--hosts 2] [--speed 1gbit] [--networks 0]
  npm run lab -- status
  npm run lab -- exec host-a ferry vm list     any command on a host, or on "client"; none: a shell
  npm run lab -- cut host-b.lan                pull a wire; restore puts it back
  npm run lab -- restore host-b.lan
  npm run lab -- speed host-b.lan 100mbit      or: unlimited
  npm run lab -- down

  --name NAME   another lab than "ferry"; several can be up at once
`;

type Command = (name: string, words: readonly string[], options: UpOptions) => Promise<number>;

interface UpOptions {
  readonly hosts: number;
  readonly networks: number;
  readonly speed: string | undefined;
}

const commands: Readonly<Record<string, Command>> = {
  up: async (name, _, { hosts, networks, speed }) => {
    const there = await Lab.attach(name);
    const fits = there?.hosts.length === hosts && there.migrationNetworks === networks;
    if (there !== undefined && fits) {
      await there.start(true, say);
      for (const host of there.hosts) {
        if (speed !== undefined) await there.wire(`${host.name}.lan`).setSpeed(speed);
      }
    } else {
      await Lab.up({ name, hosts, migrationNetworks: networks, speed, say });
    }
    return await status(name);
  },
  down: async (name) => {
    await Lab.down(name);
    say(`Lab "${name}" is down`);
    return 0;
  },
  status: async (name) => await status(name),
  exec: async (name, [node = "", ...command]) => {
    const lab = await requireLab(name);
    if (node === "client")
      return await execInNamespace(namespaceOf(name, node), shellOr(command), process.env);
    const host = lab.host(node);
    return await execInNamespace(host.namespace, shellOr(command), await environment(lab, host));
  },
  cut: async (name, [wire = ""]) => {
    await (await requireLab(name)).wire(wire).cut();
    return 0;
  },
  restore: async (name, [wire = ""]) => {
    await (await requireLab(name)).wire(wire).restore();
    return 0;
  },
  speed: async (name, [wire = "", rate = ""]) => {
    await (await requireLab(name)).wire(wire).setSpeed(rate === "unlimited" ? null : rate);
    return 0;
  },
};

async function status(name: string): Promise<number> {
  const lab = await Lab.attach(name);
  if (lab === undefined) {
    say(`Lab "${name}" is not up. Bring it up with: npm run lab -- up`);
    return 1;
  }
  for (const host of lab.hosts) {
    const pid = await host.agent.pid();
    const agent = pid === undefined ? "agent does not run" : `agent ${pid}`;
    say(`${host.name}  ${host.address}  ${agent}  ${host.agent.log}`);
  }
  for (const wire of lab.wires) {
    const { up, bytesPerSecond } = await wire.state();
    const speed = bytesPerSecond === null ? "unlimited" : `${bytesPerSecond / 125_000} Mbit/s`;
    say(`${wire.name}  ${up ? "up" : "cut"}  ${speed}`);
  }
  return 0;
}

async function requireLab(name: string): Promise<Lab> {
  const lab = await Lab.attach(name);
  if (lab === undefined) throw new Error(`Cannot use lab "${name}": it is not up`);
  return lab;
}

function shellOr(command: readonly string[]): readonly string[] {
  return command.length > 0 ? command : [process.env["SHELL"] ?? "/bin/sh"];
}

/** `ferry` on the host is this working copy's, and talks to the host's agent. */
async function environment(lab: Lab, host: LabHost): Promise<NodeJS.ProcessEnv> {
  const directory = join(lab.directory, "bin");
  const program = join(import.meta.dirname, "../bin/ferry.ts");
  await mkdir(directory, { recursive: true });
  await writeFile(
    join(directory, "ferry"),
    `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`,
  );
  await chmod(join(directory, "ferry"), 0o755);
  return { ...host.environment(), PATH: `${directory}:${process.env["PATH"] ?? ""}` };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  // What follows "exec HOST" is the command's, options and all.
  const words = process.argv.slice(2);
  const own = words.includes("exec") ? words.indexOf("exec") + 2 : words.length;
  const { values, positionals } = parseArgs({
    args: words.slice(0, own),
    allowPositionals: true,
    options: {
      name: { type: "string", default: "ferry" },
      hosts: { type: "string", default: "2" },
      networks: { type: "string", default: "0" },
      speed: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [command = "", ...rest] = [...positionals, ...words.slice(own)];
  const action = commands[command];
  if (action === undefined || values.help === true) {
    process.stdout.write(usage);
    return values.help === true ? 0 : 2;
  }
  const elsewhere = await rerunAsLabRoot();
  if (elsewhere !== undefined) return elsewhere;
  const { speed } = values;
  const options = { hosts: Number(values.hosts), networks: Number(values.networks), speed };
  return await action(values.name, rest, options);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
