/** `npm run lab:hosts -- …`: whole Debian hosts for people. */
import { parseArgs } from "node:util";
import { execInNamespace } from "../namespaces.ts";
import { clientName, namespaceOf } from "../topology.ts";
import { ferryPackage, HostLab } from "./host-lab.ts";

const usage = `Whole Debian hosts on this machine, emulated, with systemd, KVM, SMB, RDMA and Ferry's package.

  npm run lab:hosts -- up [--hosts 2]          builds their disk the first time (minutes), and starts them
  npm run lab:hosts -- install                 builds Ferry's package and installs it on all of them
  npm run lab:hosts -- exec host-a COMMAND     as root; none: a shell
  npm run lab:hosts -- cut host-a              pulls its network wire; restore puts it back
  npm run lab:hosts -- restore host-a
  npm run lab:hosts -- delay host-a 10 0.1     10 ms and 0.1 % loss on what it sends; 0 ends that
  npm run lab:hosts -- power-cut host-a        and "start host-a" switches it on again
  npm run lab:hosts -- start host-a
  npm run lab:hosts -- down

  --name NAME   another lab than "hosts"

It needs root, 3 GiB of memory a host, 6 GB of disk and, the first time, a Debian mirror.
`;

type Command = (name: string, words: readonly string[], hosts: number) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  up: async (name, _, hosts) => {
    const lab = await HostLab.up({ name, hosts, say });
    for (const host of lab.hosts) say(`${host.name}  ${host.address}  ${host.log}`);
    return 0;
  },
  install: async (name) => {
    await (await require(name)).install(await ferryPackage(say));
    return 0;
  },
  exec: async (name, [host = "", ...words]) => {
    const lab = await require(name);
    const command = lab.host(host).sshCommand(words.length === 0 ? ["-t", "bash"] : words);
    return await execInNamespace(namespaceOf(name, clientName), command, process.env);
  },
  cut: async (name, [host = ""]) => done((await require(name)).wire(host).cut()),
  restore: async (name, [host = ""]) => done((await require(name)).wire(host).restore()),
  delay: async (name, [host = "", milliseconds = "0", loss = "0"]) =>
    done((await require(name)).impair(host, number(milliseconds), number(loss))),
  "power-cut": async (name, [host = ""]) => done((await require(name)).host(host).cutPower()),
  start: async (name, [host = ""]) => done((await require(name)).host(host).start()),
  down: async (name) => {
    const lab = await HostLab.attach(name);
    await lab?.[Symbol.asyncDispose]();
    say(`Host lab "${name}" is down`);
    return 0;
  },
};

async function require(name: string): Promise<HostLab> {
  const lab = await HostLab.attach(name);
  if (lab === undefined) throw new Error(`Cannot use host lab "${name}": it is not up`);
  return lab;
}

async function done(work: Promise<void>): Promise<number> {
  await work;
  return 0;
}

function number(word: string): number {
  const value = Number(word);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`Cannot use "${word}": a number from 0 up is wanted`);
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
      name: { type: "string", default: "hosts" },
      hosts: { type: "string", default: "2" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [command = "", ...rest] = [...positionals, ...words.slice(own)];
  const action = commands[command];
  if (action === undefined || values.help === true) {
    process.stdout.write(usage);
    return values.help === true ? 0 : 2;
  }
  if (process.getuid?.() !== 0) throw new Error("Cannot run whole hosts: this needs root");
  return await action(values.name, rest, Number(values.hosts));
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`lab:hosts: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
