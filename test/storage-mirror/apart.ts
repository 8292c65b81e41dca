/** Two hosts with nothing in common but a network: each has a pool `local` of its own. */
import { execFile } from "node:child_process";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { DiskPlacement } from "../../src/migration/record.ts";
import { type MovingHost, twoHosts } from "../migration/two-hosts.ts";

const run = promisify(execFile);

export interface Apart {
  readonly a: MovingHost;
  readonly b: MovingHost;
  /** The path of a file in a host's own pool. */
  path(host: MovingHost, file: string): string;
  /** The files of a host's own pool, without Ferry's own. */
  files(host: MovingHost): Promise<string[]>;
}

export async function hostsApart(directory: string): Promise<Apart> {
  const { a, b } = await twoHosts(directory);
  const pool = (host: MovingHost): string => join(directory, `local-${host.name}`);
  for (const host of [a, b]) {
    await mkdir(pool(host), { mode: 0o777 });
    await host.host.pools.add("local", pool(host));
  }
  const files = async (host: MovingHost): Promise<string[]> => {
    const names = await readdir(pool(host));
    return names.filter((name) => name !== ".ferry-pool").sort();
  };
  return { a, b, files, path: (host, file) => join(pool(host), file) };
}

/** What the checks would say: every disk goes to the pool of the same name. */
export async function placeAll(
  apart: Apart,
  host: MovingHost,
  vm: string,
): Promise<DiskPlacement[]> {
  const { disks } = host.host.vms.get(vm).definition;
  return Promise.all(
    disks.map(async ({ name, pool, file }) => ({
      ...{ name, pool, targetPool: pool, virtualBytes: 0 },
      allocatedBytes: (await stat(apart.path(host, file))).blocks * 512,
    })),
  );
}

/** Runs commands of qemu-io on an image that no QEMU uses. */
export async function qemuIo(format: string, path: string, ...commands: string[]): Promise<void> {
  await run("qemu-io", ["-f", format, ...commands.flatMap((command) => ["-c", command]), path]);
}

/** Whether two images show a guest the same content. `other` may be in use by a QEMU, which lets nobody read along. */
export async function sameContent(format: string, one: string, other: string): Promise<boolean> {
  // Beside it, where it finds what it may stand on.
  const copy = `${other}.look`;
  // A copy of twenty gigabytes of holes is to be as quick as the move.
  await run("cp", ["--sparse=always", other, copy]);
  try {
    const args = ["compare", "-f", format, "-F", format, one, copy];
    return (await run("qemu-img", args)).stdout.includes("identical");
  } finally {
    await rm(copy);
  }
}

export async function allocatedBytes(path: string): Promise<number> {
  return (await stat(path)).blocks * 512;
}
