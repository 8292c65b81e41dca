/** The kernel modules of the guest, in an order in which each finds what it needs already loaded. */
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";

export interface KernelModule {
  readonly name: string;
  readonly data: Buffer;
}

/** @param directory `lib/modules` of an unpacked kernel package. */
export async function loadOrder(
  directory: string,
  wanted: readonly string[],
): Promise<KernelModule[]> {
  const paths = await readdir(directory, { recursive: true });
  const byName = new Map(
    paths
      .filter((path) => path.endsWith(".ko"))
      .map((path) => [moduleName(basename(path, ".ko")), path]),
  );
  const order = new Map<string, KernelModule>();
  const add = async (name: string): Promise<void> => {
    if (order.has(name)) return;
    const path = byName.get(name);
    // Not a module of this kernel: it is built in.
    if (path === undefined) return;
    const data = await readFile(`${directory}/${path}`);
    for (const dependency of dependencies(data)) await add(dependency);
    order.set(name, { name, data });
  };
  for (const name of wanted) await add(moduleName(name));
  return [...order.values()];
}

/** What the module says it depends on, in its section `.modinfo`. */
function dependencies(data: Buffer): string[] {
  const marker = Buffer.from("\0depends=");
  const start = data.indexOf(marker);
  if (start < 0) return [];
  const from = start + marker.length;
  const list = data.toString("latin1", from, data.indexOf(0, from));
  return list
    .split(",")
    .filter((name) => name !== "")
    .map(moduleName);
}

/** Files say `virtio-rng`, the kernel says `virtio_rng`. */
function moduleName(name: string): string {
  return name.replaceAll("-", "_");
}
