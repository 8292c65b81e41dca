/** `ferry migration partial|discard`: what hosts keep of moves that failed. */
import type { Command } from "commander";
import { formatBytes, formatCount, formatTime } from "../../base/format.ts";
import { FerryError } from "../../base/errors.ts";
import type { PartialDisk } from "../../api/schema/partial-disk.ts";
import type { Cli } from "../cli.ts";
import { type Column, renderTable } from "../table.ts";
import { warnUnreachable } from "../unreachable.ts";

const columns: readonly Column<PartialDisk>[] = [
  { title: "vm", text: ({ vm }) => vm.name },
  { title: "disk", text: ({ disk }) => disk },
  { title: "kept on", text: ({ host }) => host },
  { title: "pool", text: ({ pool }) => pool },
  { title: "file", text: ({ file }) => file },
  { title: "size", text: ({ bytes }) => formatBytes(bytes), align: "right" },
  { title: "until", text: ({ expiresAt }) => formatTime(expiresAt) },
  { title: "migration", text: ({ migration }) => migration },
];

export function definePartial(command: Command, cli: Cli): void {
  command
    .command("partial")
    .description("list disks that hosts keep of moves that failed, for: ferry move --resume")
    .action(async () => {
      const list = await kept(cli);
      cli.output.result(list, () => renderTable(columns, list.partialDisks, cli.output.style));
      warnUnreachable(cli, list.unreachable);
    });
}

export function defineDiscard(command: Command, cli: Cli): void {
  command
    .command("discard")
    .description("remove what hosts keep of a VM's moves that failed")
    .argument("<vm>", "its name or id, or the id of a move")
    .action(async (name: string) => {
      const { partialDisks, unreachable } = await kept(cli);
      const wanted = partialDisks.filter(
        ({ vm, migration }) => vm.name === name || vm.id === name || migration === name,
      );
      warnUnreachable(cli, unreachable);
      if (wanted.length === 0) throw nothingKept(name);
      const places = new Map(
        wanted.map(({ host, migration }) => [`${host} ${migration}`, { host, migration }]),
      );
      for (const { host, migration } of places.values()) {
        await cli.call("DELETE /v1/partial-disks/{migration}", { params: { migration }, host });
      }
      const bytes = wanted.reduce((sum, disk) => sum + disk.bytes, 0);
      cli.output.result(
        { discarded: wanted },
        () =>
          `Removed ${formatCount(wanted.length, "disk")} kept half copied, ${formatBytes(bytes)}`,
      );
    });
}

function kept(cli: Cli) {
  const query = { ...(cli.host === undefined && { scope: "domain" as const }) };
  return cli.call("GET /v1/partial-disks", { query });
}

function nothingKept(name: string): FerryError {
  return new FerryError(
    "not-found",
    `Cannot discard anything of "${name}": nothing of it is kept`,
    {
      remedy: "List what is kept with: ferry migration partial",
    },
  );
}
