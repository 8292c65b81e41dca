/** `ferry pool`: directories where disks live. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Pool, PoolFileList } from "../../api/schema/pool.ts";
import { formatBytes, formatTime } from "../../base/format.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { type Column, renderTable } from "../table.ts";

const columns: readonly Column<Pool>[] = [
  { title: "pool", text: ({ name }) => name },
  { title: "kind", text: ({ kind }) => kind },
  { title: "path", text: ({ path }) => path },
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
    .description("make a directory of a host a pool; a mounted share counts as one")
    .argument("<pool>", "its name; shared pools have the same one on every host")
    .argument("<path>", "an existing directory of that host")
    .action(async (name: string, path: string) => {
      // The agent stands in another directory.
      const pool = await cli.call("POST /v1/pools", { body: { name, path: resolve(path) } });
      cli.output.result(pool, () => `Pool ${pool.name} is ${pool.path}`);
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
