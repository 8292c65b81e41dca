/**
 * `npm run package`: a Debian package out of the committed tree, `dist/ferry_VERSION_ARCHITECTURE.deb`, with the packed programs, the built console and
 * the Node runtime. Installing it fetches nothing.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { Cli } from "../src/cli/cli.ts";
import { completionScripts } from "../src/cli/completion-scripts.ts";
import { buildProgram } from "../src/cli/program.ts";
import { agentManual, ferryManual } from "./man-pages.ts";
import { packPrograms } from "./packed-programs.ts";

const root = join(import.meta.dirname, "..");
const program = "usr/lib/ferry";
/** As the programs find them from their place (src/base/ferry-version.ts, src/api/console-server.ts); the API's description is for people. */
const parts = ["package.json", "openapi.json", "console/dist"];
/** Where the lockfile has put Node. */
const runtime = join(root, "node_modules", `node-linux-${process.arch}`);
const architectures: Readonly<Partial<Record<string, string>>> = { x64: "amd64", arm64: "arm64" };

const architecture = architectures[process.arch];
if (architecture === undefined) refuse(`Cannot package for ${process.arch}: wants x64 or arm64`);
requireCleanTree();
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};
const work = mkdtempSync(join(tmpdir(), "ferry-package-"));
try {
  const tree = join(work, "tree");
  await writeProgram(join(tree, program));
  writeCommands(tree);
  await writeManuals(tree);
  writeCompletion(tree);
  writeService(tree);
  writeCopyright(tree);
  writeControl(tree);
  const file = join(root, "dist", `ferry_${version}_${architecture}.deb`);
  mkdirSync(dirname(file), { recursive: true });
  run("dpkg-deb", ["--build", "--root-owner-group", "-Zzstd", tree, file]);
  process.stdout.write(`${file}, ${Math.round(statSync(file).size / 2 ** 20)} MiB\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Else nobody could say what is in the package. */
function requireCleanTree(): void {
  const changes = capture("git", ["status", "--porcelain"]).trim();
  if (changes !== "")
    refuse(
      `Cannot package: the tree has changes, commit them first or take them back:\n${changes}`,
    );
}

function refuse(message: string): never {
  process.stderr.write(`package: ${message}\n`);
  process.exit(1);
}

async function writeProgram(place: string): Promise<void> {
  await packPrograms(join(place, "dist/programs"));
  for (const part of parts) cpSync(join(root, part), join(place, part), { recursive: true });
  mkdirSync(join(place, "bin"));
  copyFileSync(join(runtime, "bin/node"), join(place, "bin/node"));
}

/** Whatever Node the machine has itself does not matter. */
function writeCommands(tree: string): void {
  for (const [path, script] of [
    ["usr/bin/ferry", "ferry.js"],
    ["usr/sbin/ferryd", "ferryd.js"],
  ] as const) {
    const line = `exec /${program}/bin/node /${program}/dist/programs/${script} "$@"`;
    write(tree, path, `#!/bin/sh\n${line}\n`, 0o755);
  }
}

async function writeManuals(tree: string): Promise<void> {
  using cli = new Cli({
    options: () => ({}),
    streams: { out: process.stdout, err: process.stderr },
    environment: {},
  });
  const pages = {
    "man1/ferry.1": ferryManual(await buildProgram(cli), version),
    "man8/ferryd.8": agentManual(version),
  };
  for (const [path, text] of Object.entries(pages))
    write(tree, `usr/share/man/${path}.gz`, gzipSync(text));
}

function writeCompletion(tree: string): void {
  write(tree, "usr/share/bash-completion/completions/ferry", completionScripts.bash);
  write(tree, "usr/share/zsh/vendor-completions/_ferry", completionScripts.zsh);
  write(tree, "usr/share/fish/vendor_completions.d/ferry.fish", completionScripts.fish);
}

function writeService(tree: string): void {
  for (const unit of ["ferryd.service", "ferry-guests.service"]) {
    write(tree, `usr/lib/systemd/system/${unit}`, readFileSync(join(root, "deploy", unit)));
  }
  write(
    tree,
    "usr/lib/systemd/system/ferry-vm-.scope.d/before-guests.conf",
    readFileSync(join(root, "deploy/ferry-vm-.scope.conf")),
  );
  write(tree, "etc/ferry/ferryd.yaml", readFileSync(join(root, "deploy/ferryd.yaml")));
}

/** Of Ferry, of Node, and of every library that was packed into the programs and the console. */
function writeCopyright(tree: string): void {
  const files = [
    join(root, "LICENSE"),
    join(runtime, "LICENSE"),
    join(tree, program, "dist/programs/licenses.md"),
    join(tree, program, "console/dist/licenses.md"),
  ];
  const text = files.map((file) => readFileSync(file, "utf8")).join("\n\n");
  write(tree, "usr/share/doc/ferry/copyright", text);
}

function writeControl(tree: string): void {
  const debian = join(import.meta.dirname, "debian");
  const kib =
    capture("du", ["--summarize", "--apparent-size", "--block-size=1024", tree]).split("\t")[0] ??
    "0";
  const control = readFileSync(join(debian, "control"), "utf8")
    .replace("@VERSION@", version)
    .replace("@ARCHITECTURE@", architecture ?? "")
    .replace("@INSTALLED_KIB@", kib);
  write(tree, "DEBIAN/control", control);
  write(tree, "DEBIAN/conffiles", readFileSync(join(debian, "conffiles")));
  for (const script of ["postinst", "prerm", "postrm"]) {
    write(tree, `DEBIAN/${script}`, readFileSync(join(debian, script)), 0o755);
  }
}

function write(tree: string, path: string, content: string | Uint8Array, mode = 0o644): void {
  const file = join(tree, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

function run(command: string, args: readonly string[], cwd = root): void {
  execFileSync(command, args, { cwd, stdio: ["ignore", 2, 2] });
}

function capture(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: "utf8" });
}
