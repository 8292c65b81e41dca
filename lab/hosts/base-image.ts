/** The disk that all hosts of the host lab stand on: a whole Debian, made once and kept in .cache/hosts. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { mirrorOf } from "../guest-image/debian-packages.ts";
import { diskBytes, files, masked, packages, suite } from "./recipe.ts";

const run = promisify(execFile);
const cache = join(import.meta.dirname, "../../.cache/hosts");
const buildMsMax = 40 * 60_000;

export interface BaseImage {
  readonly kernel: string;
  readonly initrd: string;
  /** An ext4 file system; hosts stand on overlays of it. */
  readonly disk: string;
  /** The private key that root of every host lets in. */
  readonly key: string;
}

/** Builds it if it is not there, which takes minutes and a Debian mirror. Needs root. */
export async function baseImage(say: (line: string) => void): Promise<BaseImage> {
  const recipe = JSON.stringify({ suite, packages, files, masked, diskBytes });
  const directory = join(cache, createHash("sha256").update(recipe).digest("hex").slice(0, 12));
  const image = {
    kernel: join(directory, "vmlinuz"),
    initrd: join(directory, "initrd.img"),
    disk: join(directory, "base.ext4"),
    key: join(directory, "key"),
  };
  if (existsSync(image.disk)) return image;
  if (process.getuid?.() !== 0)
    throw new Error("Cannot build the hosts' disk: debootstrap needs root");
  const work = join(cache, "building");
  await rm(work, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await mkdir(directory, { recursive: true });
  say(`Building a Debian ${suite} of ${packages.length} packages and what they need (minutes)`);
  const tree = join(work, "tree");
  await installDebian(tree);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ferry-lab", "-f", image.key]);
  await furnish(tree, `${image.key}.pub`);
  await takeBoot(tree, "vmlinuz-", image.kernel);
  await takeBoot(tree, "initrd.img-", image.initrd);
  const draft = join(work, "base.ext4");
  await writeFile(draft, "");
  await truncate(draft, diskBytes);
  await run("mkfs.ext4", ["-q", "-F", "-L", "ferry-host", "-d", tree, draft]);
  await rename(draft, image.disk);
  await rm(work, { recursive: true });
  return image;
}

async function installDebian(tree: string): Promise<void> {
  // A mirror of Debian's has all releases, whichever this machine's is.
  const mirror = await mirrorOf(suite).catch(() => mirrorOf("bookworm"));
  const include = `--include=${packages.join(",")}`;
  await run("debootstrap", ["--variant=minbase", include, suite, tree, mirror], {
    timeout: buildMsMax,
    maxBuffer: 64 * 1024 * 1024,
  });
}

async function furnish(tree: string, publicKey: string): Promise<void> {
  for (const [path, { text, mode = 0o644 }] of Object.entries(files)) {
    const file = join(tree, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await chmod(file, mode);
  }
  await mkdir(join(tree, "root/.ssh"), { recursive: true, mode: 0o700 });
  await copyFile(publicKey, join(tree, "root/.ssh/authorized_keys"));
  const units = join(tree, "etc/systemd/system");
  for (const unit of masked) await symlink("/dev/null", join(units, unit));
  await mkdir(join(units, "multi-user.target.wants"), { recursive: true });
  await symlink(
    "../lab-identity.service",
    join(units, "multi-user.target.wants/lab-identity.service"),
  );
  await rm(join(tree, "var/cache/apt/archives"), { recursive: true, force: true });
}

async function takeBoot(tree: string, prefix: string, to: string): Promise<void> {
  const name = (await readdir(join(tree, "boot"))).find((file) => file.startsWith(prefix));
  if (name === undefined) throw new Error(`Cannot use the hosts' disk: it has no /boot/${prefix}*`);
  await copyFile(join(tree, "boot", name), to);
}
