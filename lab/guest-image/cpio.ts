/**
 * The archive that a Linux kernel unpacks as its first root file system: cpio's "newc" format, written here because an
 * ordinary user can then make device nodes, which `cpio` could only copy. Pure: entries in, bytes out.
 */

export interface Entry {
  /** Relative, without a leading slash; directories before what is in them. */
  readonly path: string;
  /** File type and permissions, as in stat. */
  readonly mode: number;
  /** A file's bytes, or a symbolic link's target. */
  readonly data?: Buffer;
  /** Major and minor number of a device node. */
  readonly device?: readonly [number, number];
}

export const directoryMode = 0o040755;
export const characterDeviceMode = 0o020600;
export const linkMode = 0o120777;

const alignment = 4;

export function archive(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap((entry, index) => record(entry, index + 1));
  parts.push(...record({ path: "TRAILER!!!", mode: 0 }, 0));
  return Buffer.concat(parts);
}

function record(entry: Entry, inode: number): Buffer[] {
  const name = Buffer.from(`${entry.path}\0`);
  const data = entry.data ?? Buffer.alloc(0);
  const links = (entry.mode & 0o170000) === 0o040000 ? 2 : 1;
  const [major, minor] = entry.device ?? [0, 0];
  // inode, mode, uid, gid, links, mtime, size, device of the file (2), device it is (2), name length, checksum
  const fields = [
    inode,
    entry.mode,
    0,
    0,
    links,
    0,
    data.length,
    0,
    0,
    major,
    minor,
    name.length,
    0,
  ];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  const head = Buffer.concat([Buffer.from(header), name]);
  return [head, padding(head.length), data, padding(data.length)];
}

function padding(length: number): Buffer {
  return Buffer.alloc((alignment - (length % alignment)) % alignment);
}
