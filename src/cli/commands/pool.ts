/** `ferry pool`: directories where disks live. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Pool, PoolCreate, PoolFileList } from "../../api/schema/pool.ts";
import { FerryError } from "../../base/errors.ts";
import { formatBytes, formatTime } from "../../base/format.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { readSecret } from "../read-secret.ts";
import { type Column, renderTable } from "../table.ts";

const columns: readonly Column<Pool>[] = [
  { title: "pool", text: ({ name }) => name },
  { title: "kind", text: ({ kind }) => kind },
  {
    title: "path",
    text: ({ path, source }) => (source === undefined ? path : `${source} at ${path}`),
  },
  {
    title: "free",
    text: ({ space }) => (space === null ? "away" : formatBytes(space.freeBytes)),
    align: "right",
  },
  {
    title: "size",
    text: ({ space }) => (space === null ? "" : formatBytes(space.totalBytes)),
    align: "right",
  },
];

const fileColumns: readonly Column<PoolFileList["files"][number]>[] = [
  { title: "file", text: ({ file }) => file },
  { title: "size", text: ({ sizeBytes }) => formatBytes(sizeBytes), align: "right" },
  { title: "takes up", text: ({ allocatedBytes }) => formatBytes(allocatedBytes), align: "right" },
  { title: "changed", text: ({ modifiedAt }) => formatTime(modifiedAt) },
];

export function definePool(command: Command, cli: Cli): void {
  command
    .command("list")
    .description("list the pools of a host")
    .action(async () => {
      const list = await cli.call("GET /v1/pools");
      cli.output.result(list, () => renderTable(columns, list.pools, cli.output.style));
    });
  command
    .command("files")
    .description("list the files in a pool")
    .argument("<pool>", "its name")
    .action(async (pool: string) => {
      const list = await cli.call("GET /v1/pools/{pool}/files", { params: { pool } });
      cli.output.result(list, () => renderTable(fileColumns, list.files, cli.output.style));
    });
  command
    .command("create")
    .description("make a directory of a host a pool, or a share that the host mounts itself")
    .argument("<pool>", "its name; shared pools have the same one on every host")
    .argument(
      "[path]",
      "an existing directory of that host; one where a share is mounted counts, too",
    )
    .option("--smb <share>", "an SMB share, //server/share, that the host mounts")
    .option("--user <user>", "its user; the password is asked for, or read from standard input")
    .option("--domain <domain>", "the user's Windows domain or workgroup")
    .option("--encrypt", "encrypt what goes to the SMB server")
    .option("--channels <count>", "SMB multichannel: connections to the server, 1 to 16", Number)
    .option("--nfs <export>", "an NFS export, server:/path, that the host mounts")
    .action(async (name: string, path: string | undefined, options: ShareOptions) => {
      const body = await poolBody(name, path, options);
      const pool = await cli.call("POST /v1/pools", { body });
      const place =
        pool.source === undefined ? pool.path : `${pool.source}, mounted at ${pool.path}`;
      cli.output.result(pool, () => `Pool ${pool.name} is ${place}`);
    });
  command
    .command("delete")
    .description("forget a pool that no VM uses; its files stay")
    .argument("<pool>", "its name")
    .option("--yes", "do not ask")
    .action(async (pool: string, { yes }: { yes?: boolean }) => {
      const consequence = `Pool "${pool}" is forgotten, its files stay`;
      await confirm({ consequence, action: `delete pool "${pool}"`, yes });
      await cli.call("DELETE /v1/pools/{pool}", { params: { pool } });
      cli.output.result({}, () => consequence);
    });
}

interface ShareOptions {
  readonly smb?: string;
  readonly user?: string;
  readonly domain?: string;
  readonly encrypt?: boolean;
  readonly channels?: number;
  readonly nfs?: string;
}

async function poolBody(
  name: string,
  path: string | undefined,
  { smb: share, nfs, ...smbOptions }: ShareOptions,
): Promise<PoolCreate> {
  const [stray] = share === undefined ? Object.keys(smbOptions) : [];
  if (stray !== undefined) {
    throw new FerryError("bad-input", `Cannot use --${stray} for pool "${name}": it is for --smb`, {
      remedy: "Name the share with --smb //server/share, or leave the option out",
    });
  }
  return {
    name,
    // The agent stands in another directory.
    ...(path !== undefined && { path: resolve(path) }),
    ...(nfs !== undefined && { nfs: { export: nfs } }),
    ...(share !== undefined && { smb: { share, ...smbOptions } }),
    ...(smbOptions.user !== undefined && { password: await readSecret("password") }),
  };
}
