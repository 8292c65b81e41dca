/** `ferry cluster volume|disk`: what the hosts of the cluster share. */
import { type Command, Option } from "commander";
import type { ClusterDiskList, VolumeList } from "../../api/schema/cluster-parts.ts";
import type { Cli } from "../cli.ts";
import { formatBytes } from "../../base/format.ts";
import { confirm } from "../confirm.ts";
import { type Column, renderTable } from "../table.ts";

type Volume = VolumeList["volumes"][number];

const columns: readonly Column<Volume>[] = [
  { title: "volume", text: ({ pool }) => pool },
  { title: "on loss", text: ({ onLoss }) => onLoss },
  {
    title: "reached by",
    text: ({ hosts }) =>
      hosts
        .filter(({ trouble }) => trouble === null)
        .map(({ name }) => name)
        .join(", "),
  },
  {
    title: "trouble",
    text: ({ hosts }) =>
      hosts
        .filter(({ trouble }) => trouble !== null)
        .map(({ name, trouble }) => `${name}: ${trouble}`)
        .join("; "),
  },
];

const diskColumns: readonly Column<ClusterDiskList["disks"][number]>[] = [
  { title: "disk", text: ({ device }) => device },
  { title: "size", text: ({ bytes }) => formatBytes(bytes), align: "right" },
];

export function defineClusterVolume(command: Command, cli: Cli): void {
  const volume = command
    .command("volume")
    .description("pools that every host of the cluster reaches, watched on each");
  const show = (list: VolumeList): void =>
    cli.output.result(list, () => renderTable(columns, list.volumes, cli.output.style));
  volume
    .command("list")
    .description("list the volumes, and how each host reaches them")
    .action(async () => show(await cli.call("GET /v1/cluster/volumes")));
  volume
    .command("add")
    .description("make a pool that every host has a volume of the cluster, or change its policy")
    .argument("<pool>", "its name, the same on every host")
    .addOption(
      new Option(
        "--on-loss <policy>",
        "what becomes of the VMs of a host that loses it: paused until it is back, or ended there and started on a host that has it (pause)",
      ).choices(["pause", "move"]),
    )
    .action(async (pool: string, { onLoss }: { onLoss?: "pause" | "move" }) => {
      const body = { ...(onLoss !== undefined && { onLoss }) };
      show(await cli.call("PUT /v1/cluster/volumes/{pool}", { params: { pool }, body }));
    });
  volume
    .command("remove")
    .description("watch a volume no longer; the pool and everything in it stay")
    .argument("<pool>", "its name")
    .option("--yes", "do not ask")
    .action(async (pool: string, { yes }: { yes?: boolean }) => {
      const consequence = `When a host loses pool "${pool}", its VMs are left to themselves`;
      await confirm({ consequence, action: `watch volume "${pool}" no longer`, yes });
      await cli.call("DELETE /v1/cluster/volumes/{pool}", { params: { pool } });
      cli.output.result({}, () => consequence);
    });
}

export function defineClusterDisk(command: Command, cli: Cli): void {
  const disk = command
    .command("disk")
    .description("physical disks that every host of the cluster has: VMs with them may move");
  const show = (list: ClusterDiskList): void =>
    cli.output.result(list, () => renderTable(diskColumns, list.disks, cli.output.style));
  disk
    .command("list")
    .description("list the cluster's physical disks")
    .action(async () => show(await cli.call("GET /v1/cluster/disks")));
  disk
    .command("add")
    .description("make a physical disk the cluster's; every host must have the same")
    .argument("<device>", "its name below /dev/disk, the same on every host")
    .action(async (device: string) =>
      show(await cli.call("POST /v1/cluster/disks", { body: { device } })),
    );
  disk
    .command("remove")
    .description("take a physical disk out of the cluster that no VM of it has")
    .argument("<device>", "its name below /dev/disk")
    .action(async (device: string) =>
      show(await cli.call("POST /v1/cluster/disks/remove", { body: { device } })),
    );
}
