/** `npm run lab:hosts -- …`: whole hosts for people. */
import { parseArgs } from "node:util";
import { HostLab } from "./host-lab.ts";

const usage = `Whole Debian hosts with systemd and KVM on this machine. Wants root, and 3 GiB of memory for each host.

  npm run lab:hosts -- up [--hosts 2]          the first time builds their disk, some minutes
  npm run lab:hosts -- exec host-a COMMAND     any command on a host; none: a shell
  npm run lab:hosts -- copy host-a FILE PATH   a file of this machine to a host
  npm run lab:hosts -- cut host-b              pull its wire; restore puts it back
  npm run lab:hosts -- restore host-b
  npm run lab:hosts -- delay host-b 10ms loss 0.1%   what it sends, as tc's netem says it; nothing: as before
  npm run lab:hosts -- power-off host-b        as if its plug were pulled; start boots it again
  npm run lab:hosts -- start host-b
  npm run lab:hosts -- status
  npm run lab:hosts -- down

  --name NAME   other hosts than "ferry"; each name has its own
`;

type Command = (name: string, words: readonly string[], hosts: number) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  up: async (name, _, hosts) => {
    await HostLab.up(name, hosts, say);
    return 0;
  },
  down: async (name) => {
    await HostLab.down(name);
    say(`The hosts "${name}" are down`);
    return 0;
  },
  status: async (name) => {
    const lab = await HostLab.attach(name);
    for (const host of lab.hosts) {
      const answers = await lab.shell(host).answers();
      say(`${host}  ${answers ? "answers" : "does not answer"}`);
    }
    return 0;
  },
  exec: async (name, [host = "", ...command]) =>
    await (await HostLab.attach(name)).shell(host).attached(command),
  copy: onHost(async (lab, host, [file = "", path = ""]) => lab.shell(host).copyTo(file, path)),
  cut: onHost(async (lab, host) => lab.cut(host)),
  restore: onHost(async (lab, host) => lab.restore(host)),
  delay: onHost(async (lab, host, how) => lab.impair(host, how)),
  "power-off": onHost(async (lab, host) => lab.powerOff(host)),
  start: onHost(async (lab, host) => lab.start(host, say)),
};

function onHost(
  act: (lab: HostLab, host: string, words: readonly string[]) => Promise<void>,
): Command {
  return async (name, [host = "", ...words]) => {
    await act(await HostLab.attach(name), host, words);
    return 0;
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  // What follows "exec HOST" is the command's, options and all.
  const args = process.argv.slice(2);
  const exec = args.indexOf("exec");
  const own = exec === -1 ? args : args.slice(0, exec + 2);
  const { values, positionals } = parseArgs({
    args: own,
    allowPositionals: true,
    options: {
      name: { type: "string", default: "ferry" },
      hosts: { type: "string", default: "2" },
    },
  });
  const [word = "", ...words] = positionals;
  const command = commands[word];
  if (command === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const rest = exec === -1 ? [] : args.slice(exec + 2);
  return await command(values.name, [...words, ...rest], Number(values.hosts));
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
