/**
 * A VM's QEMU holds QEMU's own lock on its images through a node of its own, apart from the guest's disks: `blkdebug` takes permissions on
 * a file without anybody reading or writing through it. Another QEMU or qemu-img that is started by hand finds the image in use; a move is
 * not held up by it, since the guest's disks themselves take no lock (docs/decisions/0011).
 */
import { FerryError } from "../base/errors.ts";
import type { Qmp } from "./qmp.ts";

const prefix = "ferry-lock-";

interface NamedNode {
  "node-name": string;
  file: string;
  drv: string;
}

export interface ImageLocks {
  /** Images that another process holds. */
  readonly refused: readonly string[];
  /** Images that QEMU cannot lock there, with what it says. */
  readonly impossible: readonly string[];
}

/** Makes QEMU hold exactly the locks of `paths`. May be repeated. */
export async function syncImageLocks(qmp: Qmp, paths: readonly string[]): Promise<ImageLocks> {
  const held = await heldImages(qmp);
  for (const [path, node] of held) {
    if (!paths.includes(path)) await qmp.execute("blockdev-del", { "node-name": node });
  }
  const taken = new Set(held.values());
  const refused: string[] = [];
  const impossible: string[] = [];
  for (const path of paths.filter((each) => !held.has(each))) {
    const node = freeName(taken);
    taken.add(node);
    try {
      await qmp.execute("blockdev-add", lockNode(node, path));
    } catch (error) {
      const { message } = FerryError.from(error);
      if (/Failed to get .*lock/.test(message)) refused.push(path);
      else impossible.push(`${path}: ${message}`);
    }
  }
  return { refused, impossible };
}

/** Paths of images and the nodes that lock them. */
async function heldImages(qmp: Qmp): Promise<Map<string, string>> {
  const nodes = await qmp.execute<NamedNode[]>("query-named-block-nodes", { flat: true });
  const files = nodes.filter(
    (node) => node["node-name"].startsWith(prefix) && node["node-name"].endsWith("-file"),
  );
  return new Map(files.map((node) => [node.file, node["node-name"].slice(0, -"-file".length)]));
}

function freeName(taken: ReadonlySet<string>): string {
  for (let index = 0; ; index++) if (!taken.has(`${prefix}${index}`)) return `${prefix}${index}`;
}

/** Reading, and nobody else may read or write: that is what every other QEMU wants. The file is opened for reading only. */
function lockNode(node: string, filename: string): Record<string, unknown> {
  return {
    driver: "blkdebug",
    "node-name": node,
    "read-only": true,
    image: {
      driver: "file",
      "node-name": `${node}-file`,
      filename,
      locking: "on",
      "read-only": true,
    },
    "take-child-perms": ["consistent-read"],
    "unshare-child-perms": ["consistent-read", "write"],
  };
}
