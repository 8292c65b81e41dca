/** `ferry vm create`: a new VM, with new, imported or existing disks. */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { Cli } from "../cli.ts";
import { renderVmState } from "../render/vm.ts";
import { shutdownPolicies } from "./host-shutdown.ts";
import { type CreateOptions, draftFromOptions } from "../vm-draft.ts";

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

export function defineVmCreate(command: Command, cli: Cli): void {
  command
    .description("create a VM on this host, or on another one with --host")
    .argument("<name>", "what it is called: letters, digits, - _ and .")
    .option("--memory <size>", "such as 512M or 4G (1G)")
    .option("--cpus <count>", "virtual processors (1)")
    .option("--topology <SxCxT>", "sockets x cores x threads, instead of --cpus")
    .option("--cpu-model <model>", "such as x86-64-v2, or host (x86-64-v2)")
    .option("--machine-type <type>", "such as pc-q35-7.2 (the newest that this host has)")
    .addOption(new Option("--firmware <kind>", "how it boots (bios)").choices(["bios", "uefi"]))
    .option("--tpm", "a TPM 2.0 in software; the host needs swtpm")
    .option(
      "--disk <pool,...>",
      "a disk: POOL,size=20G is a new one, POOL,import=PATH a copy of a qcow2, raw, VHD or VHDX file, POOL,base=FILE one that stands on that image and keeps only its changes (with size=, a larger one), POOL,file=FILE one that is there; also name, format, bus, cache, read-only=on (repeatable)",
      collect,
    )
    .option(
      "--nic <switch,...>",
      "a network adapter: SWITCH[,vlan=7,mac=...,model=...] (repeatable)",
      collect,
    )
    .option(
      "--iscsi <portal,...>",
      "a LUN: ADDRESS[:3260],target=IQN,lun=1; also secret (see `ferry secret`), name, bus, read-only=on (repeatable)",
      collect,
    )
    .option(
      "--fibre-channel <fabric,...>",
      "a LUN behind a virtual Fibre Channel adapter: FABRIC,target=PORT,lun=1 (repeatable)",
      collect,
    )
    .option(
      "--physical-disk <device,...>",
      "a disk of the host: /dev/disk/by-id/ID; outside a cluster the VM cannot move then (repeatable)",
      collect,
    )
    .option(
      "--host-device <device>",
      "usb:VENDOR:PRODUCT or pci:ADDRESS for the guest alone; the VM cannot move then (repeatable)",
      collect,
    )
    .option(
      "--shared-folder <pool/directory,...>",
      "a directory that the guest mounts by its name (9p); also name, read-only=on (repeatable)",
      collect,
    )
    .option("--iso <pool/file>", "a CD drive with this medium; `empty` for one without")
    .option("--kernel <pool/file>", "boot this Linux kernel directly")
    .option("--initrd <pool/file>", "its initial file system")
    .option("--kernel-arguments <text>", "its command line")
    .option("--boot-order <names>", "disks, CD drives and adapters in the order to try: disk0,cd0")
    .option("--description <text>", "for people")
    .option("--tags <names>", "separated by commas")
    .addOption(
      new Option(
        "--at-host-shutdown <policy>",
        "what becomes of it when its host is shut down (as the host's settings say)",
      ).choices(Object.keys(shutdownPolicies)),
    )
    .option("--no-vnc", "no screen")
    .option("--no-serial", "no serial console")
    .option("--start", "start it at once")
    .action(async (name: string, options: CreateOptions & { start?: boolean }) => {
      const body = draftFromOptions(name, options, (path) => resolve(path));
      let vm = await cli.call("POST /v1/vms", { body });
      if (options.start === true) {
        vm = await cli.call("POST /v1/vms/{vm}/start", { params: { vm: vm.id } });
      }
      cli.output.result(vm, () => renderVmState(vm));
    });
}
