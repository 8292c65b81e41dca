/** The mount that a path lies on, as the kernel tells it. */
import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface Mount {
  /** The directory it is mounted at. */
  readonly directory: string;
  /** `ext4`, `cifs`, `nfs4`, `fuse.smbnetfs`. */
  readonly type: string;
  /** A device or a share: `//server/share`. */
  readonly source: string;
  /** Of the mount and of its file system, such as `rw`, `nobrl`, `cache=strict`. */
  readonly options: readonly string[];
}

/** Undefined for a path that is not there. */
export async function mountOf(path: string): Promise<Mount | undefined> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return undefined;
  return mountIn(await readFile("/proc/self/mountinfo", "utf8"), real);
}

/**
 * The mount at a directory, if one is there. What is mounted is not touched: it may hang.
 * @param directory Absolute; only its last part may be a mount that hangs.
 */
export async function mountAt(directory: string): Promise<Mount | undefined> {
  const parent = await realpath(dirname(directory)).catch(() => undefined);
  if (parent === undefined) return undefined;
  const place = join(parent, basename(directory));
  const mount = mountIn(await readFile("/proc/self/mountinfo", "utf8"), place);
  return mount?.directory === place ? mount : undefined;
}

/** `mountinfo` as in proc(5); `path` absolute and without links. Pure. */
export function mountIn(mountinfo: string, path: string): Mount | undefined {
  const mounts = mountinfo.split("\n").flatMap((line) => {
    // Optional fields, of any number, end with a lone hyphen.
    const [before = "", after] = line.split(" - ");
    const [, , , , directory, options] = before.split(" ");
    if (after === undefined || directory === undefined || options === undefined) return [];
    const [type = "", source = "", ofFileSystem = ""] = after.split(" ");
    const all = [...options.split(","), ...ofFileSystem.split(",")];
    return [
      { directory: plain(directory), type, source: plain(source), options: [...new Set(all)] },
    ];
  });
  const around = mounts.filter(
    ({ directory }) =>
      path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`),
  );
  // Of two at one place the later one hides the earlier.
  return around.reduce<Mount | undefined>(
    (best, mount) => (mount.directory.length >= (best?.directory.length ?? 0) ? mount : best),
    undefined,
  );
}

/** The kernel writes spaces and the like as octal numbers. */
function plain(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
