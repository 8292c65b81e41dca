/** Manual pages out of the tree of commands, so that `man ferry` says what the program does. Pure. */
import type { Argument, Command, Option } from "commander";

/** ferry(1): every command with its arguments and options. */
export function ferryManual(program: Command, version: string): string {
  const visible = program.createHelp().visibleCommands(program);
  return [
    heading("FERRY", 1, version),
    section("NAME", "ferry \\- move running virtual machines between hosts, and look after them"),
    section("SYNOPSIS", `.B ferry\n.I command\n[${italic("options")}]`),
    section(
      "DESCRIPTION",
      escaped(
        "Talks to the agent of this machine, over its unix socket, and through it to every host of the domain. What can't be taken back is asked for on a terminal; scripts give --yes. With --json, standard output carries exactly one JSON document.",
      ),
    ),
    section("OPTIONS", program.options.map(option).join("")),
    section("COMMANDS", visible.flatMap((command) => leaves(command, [command.name()])).join("")),
    section("FILES", files),
    section("SEE ALSO", ".BR ferryd (8)"),
  ].join("");
}

/** ferryd(8). */
export function agentManual(version: string): string {
  return [
    heading("FERRYD", 8, version),
    section("NAME", "ferryd \\- the agent that runs and moves the virtual machines of a host"),
    section("SYNOPSIS", ".B ferryd\n[\\-\\-config\n.IR path ]\n[\\-\\-check\\-config]"),
    section(
      "DESCRIPTION",
      escaped(
        "One on each host, as root, under systemd: systemctl status ferryd. It starts QEMU as an unprivileged user and takes over, when it starts, the virtual machines that a former one left running. Its log is one JSON object a line: journalctl -u ferryd.",
      ),
    ),
    section("FILES", files),
    section("SEE ALSO", ".BR ferry (1)"),
  ].join("");
}

const files = [
  term("/etc/ferry/ferryd.yaml", "the agent's configuration, every setting with its default"),
  term("/var/lib/ferry", "database, certificates, EFI variables, the state of TPMs"),
  term("/run/ferry/ferryd.sock", "the agent's door for this machine"),
].join("");

function leaves(command: Command, path: readonly string[]): string[] {
  const below = command
    .createHelp()
    .visibleCommands(command)
    .filter((next) => next.name() !== "help");
  if (command.commands.length > 0)
    return below.flatMap((next) => leaves(next, [...path, next.name()]));
  const words = command.registeredArguments.map(bracketed);
  const title = bold(["ferry", ...path, ...words].join(" "));
  const options = command.options.filter(({ hidden }) => !hidden).map(option);
  return [`.SS ${title}\n${escaped(sentence(command.description()))}\n${options.join("")}`];
}

function option({ flags, description }: Option): string {
  return term(flags, description);
}

function term(name: string, description: string): string {
  return `.TP\n${bold(name)}\n${escaped(sentence(description))}\n`;
}

function heading(name: string, chapter: number, version: string): string {
  return `.TH ${name} ${chapter} "" "Ferry ${version}" "Ferry"\n`;
}

function section(title: string, body: string): string {
  return `.SH ${title}\n${body.trimEnd()}\n`;
}

function bracketed(argument: Argument): string {
  const word = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${word}>` : `[${word}]`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** A dash is a minus where people copy it, and a line never begins like a request. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(['.])/gm, "\\&$1");
}
