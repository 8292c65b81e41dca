/** A VM for tests of the command line, as the API shows it. */
import type { Vm } from "../../src/api/schema/vm.ts";

const id = "8f9f1c7e-35a8-4d7e-8d5f-6a2d2f0a9b10";

export function aVm(changes: Partial<Vm> = {}): Vm {
  return {
    id,
    name: "web01",
    host: "host-a",
    state: "running",
    ownership: "owner",
    generation: 1,
    migration: null,
    createdAt: 1_795_000_000_000,
    storageMove: null,
    definition: {
      version: 1,
      id,
      name: "web01",
      description: "",
      tags: [],
      machine: { type: "pc-q35-7.2", firmware: "bios" },
      cpu: { sockets: 1, cores: 2, threads: 1, model: "x86-64-v2" },
      memory: { mib: 1024 },
      disks: [
        {
          name: "disk0",
          pool: "vms",
          file: "web01-disk0.qcow2",
          format: "qcow2",
          bus: "virtio",
          cache: "none",
          readOnly: false,
        },
      ],
      cdroms: [],
      nics: [
        { name: "nic0", switch: "lan", vlan: null, mac: "52:54:00:00:00:01", model: "virtio" },
      ],
      bootOrder: ["disk0"],
      kernelBoot: null,
      display: { vnc: true },
      serial: true,
    },
    ...changes,
  };
}
