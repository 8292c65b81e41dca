/**
 * Makes a fresh machine ready and then runs the real script with Ferry's own Node:
 * `node scripts/setup.mjs packages|lab|cluster|hosts|bench|package <script> [arguments]`.
 *
 * Plain JavaScript without dependencies, because it is what npm's own Node (20 on Debian 12) runs before anything is
 * installed; package.json names that Node, since npm puts the installed one first in the path. What is already there costs a few milliseconds to see; nothing is stamped, so nothing can be stale.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What Node 26 itself needs beyond a minimal Debian. */
const nodePackages = { libatomic1: "a library of Node 26" };

/** Debian packages that the lab runs programs of, and why; the guest's own are downloaded, never installed. */
const labPackages = {
  "qemu-system-x86": "runs the VMs",
  "qemu-utils": "makes and converts disks",
  ovmf: "UEFI firmware for the VMs",
  swtpm: "is the TPM of VMs that have one",
  iproute2: "builds the lab's networks",
  "qemu-block-extra": "QEMU's own iSCSI initiator, with the library of it",
  tgt: "is the lab's iSCSI storage",
  samba: "is the lab's SMB server",
  smbnetfs: "mounts its share without the kernel's help",
  strace: "answers in the kernel's place for a host whose share gives a name twice",
  libfaketime: "gives a host of the lab a clock that is wrong",
  "busybox-static": "is the guest's user land",
  "etcd-server": "keeps the truth of the lab's clusters",
  chromium: "opens the console in the tests and takes the pictures of the documents",
  "fonts-dejavu-core": "is what Chromium writes with",
};

/** What whole hosts are made with, and reached by. */
const hostsPackages = {
  "qemu-system-x86": "runs the hosts",
  "qemu-utils": "makes their disks",
  iproute2: "builds their network",
  debootstrap: "makes their base image",
  e2fsprogs: "writes it to a disk",
  "openssh-client": "runs commands on them",
  samba: "is their SMB server",
  "nfs-ganesha": "is their NFS server",
  "nfs-ganesha-vfs": "lets it serve a folder",
  "busybox-static": "is the guests' user land",
};

/** What switches a cluster's hosts off. */
const clusterPackages = {
  "fence-agents": "are the programs that switch hosts off",
  ipmitool: "speaks IPMI for one of them",
  openipmi: "is the controller of a host of the lab that listens to it",
};

/** What the benchmark compares with. */
const benchPackages = {
  "libvirt-daemon": "moves a guest beside Ferry, to compare",
  "libvirt-daemon-driver-qemu": "lets libvirt run QEMU",
  "libvirt-clients": "commands libvirt",
};

/** What to look for where packages are not Debian's. */
const programs = ["qemu-system-x86_64", "qemu-img", "ip", "tc", "busybox"];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
const [need, script, ...args] = process.argv.slice(2);
if (
  script === undefined ||
  !["packages", "lab", "cluster", "hosts", "bench", "package"].includes(need)
) {
  stop(
    "Cannot set up: usage is setup.mjs packages|lab|cluster|hosts|bench|package <script> [arguments]",
    2,
  );
}
// Debian's first: npm's would put a Node into npm's path that may not start without them.
installDebianPackages({
  ...nodePackages,
  ...(["lab", "cluster", "bench"].includes(need) ? labPackages : {}),
  ...(need === "cluster" ? clusterPackages : {}),
  ...(need === "hosts" ? hostsPackages : {}),
  ...(need === "bench" ? benchPackages : {}),
});
installNpmPackages();
if (need !== "packages" && need !== "hosts") buildConsole();
runScript();

/** The agents of the lab serve it. What is built already takes a moment to see. */
function buildConsole() {
  const result = spawnSync(ownNode(), ["scripts/build-console.ts"], { stdio: ["ignore", 2, 2] });
  if (result.status !== 0) stop("Cannot go on: the console could not be built, see above");
}

function installNpmPackages() {
  const reason = staleReason();
  if (reason === undefined) return;
  say(`Installing the npm packages of package-lock.json, Node 26 among them (${reason})`);
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    stdio: ["ignore", 2, 2],
    env: npmEnvironment(),
  });
  if (result.status !== 0) {
    stop(
      "Cannot install the npm packages: npm ci failed, see above. Make the npm registry reachable and try again",
    );
  }
  if (!existsSync(ownNode())) {
    stop(
      `Cannot run Ferry: npm has no Node 26 for ${process.platform}-${process.arch}, wanted linux-x64 or linux-arm64`,
    );
  }
}

/** Why node_modules is not what the lockfile says, or undefined if it is: npm's own note of what it installed tells. */
function staleReason() {
  if (!existsSync(ownNode())) return "none are installed";
  const wanted = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
  let installed;
  try {
    installed = JSON.parse(readFileSync("node_modules/.package-lock.json", "utf8")).packages;
  } catch {
    return "the last installation did not finish";
  }
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const there = installed[path];
    // A package for another platform is in the lockfile and rightly not on this machine.
    if (there === undefined && entry.optional) continue;
    if (there?.version !== entry.version)
      return `${path.slice("node_modules/".length)} is not ${entry.version}`;
  }
  return undefined;
}

function installDebianPackages(packages) {
  if (!onPath("dpkg-query")) {
    if (need === "packages" || need === "package") return;
    const missing = programs.filter((program) => !onPath(program));
    if (missing.length > 0) {
      stop(
        `Cannot run the lab: ${missing.join(", ")} not found, and this is no Debian to install from. Install QEMU, iproute2 and busybox`,
      );
    }
    return;
  }
  const missing = Object.keys(packages).filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const why = missing.map((name) => `${name} (${packages[name]})`).join(", ");
  const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0 || !onPath("apt-get")) {
    stop(
      `Cannot go on: Debian packages missing: ${why}.\nInstall them as root, then try again:\n  sudo ${command}`,
    );
  }
  say(`Installing Debian packages: ${why}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { stdio: ["ignore", "ignore", 2], env: environment };
  const install = () =>
    spawnSync("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...missing], options);
  // The lists of a fresh machine may be empty or old: refresh them only when the first try shows it.
  if (install().status !== 0) {
    say("Refreshing apt's package lists and trying again");
    spawnSync("apt-get", ["update", "-q"], options);
    if (install().status !== 0)
      stop(`Cannot install Debian packages: "${command}" failed, see above`);
  }
}

function isInstalled(name) {
  const query = spawnSync("dpkg-query", ["-W", "-f", "${db:Status-Status}", name], {
    encoding: "utf8",
  });
  return query.status === 0 && query.stdout.trim() === "installed";
}

function onPath(program) {
  const directories = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`.split(":");
  return directories.some((directory) => directory !== "" && existsSync(join(directory, program)));
}

function ownNode() {
  return join(root, "node_modules/.bin/node");
}

/** An ~/.npmrc that points at the system's Node headers would build add-ons that Node 26 cannot load. */
function npmEnvironment() {
  const platform = join(root, `node_modules/node-linux-${process.arch}`);
  return { ...process.env, npm_config_nodedir: platform };
}

/** The terminal's Ctrl-C reaches the script by itself; what is sent to this process alone is handed on. */
function runScript() {
  const path = `${join(root, "node_modules/.bin")}:${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
  const child = spawn(ownNode(), [script, ...args], {
    stdio: "inherit",
    env: { ...process.env, PATH: path },
  });
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
  });
}

function say(line) {
  process.stderr.write(`ferry: ${line}\n`);
}

function stop(line, code = 1) {
  process.stderr.write(`ferry: ${line}\n`);
  process.exit(code);
}
