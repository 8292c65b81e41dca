/** Guests of the lab: VMs that boot its image (lab/guest-image). */
import { readFile } from "node:fs/promises";
import type { VmCreate } from "../src/api/schema/vm.ts";
import type { LabHost } from "./lab-host.ts";
import type { Lab } from "./lab.ts";
import { processesIn } from "./namespaces.ts";
import { patienceMs } from "./patience.ts";

/** Where the image's programs listen; each says at its top what it understands. */
export const guestPorts = {
  http: 80,
  redis: 6379,
  counter: 7001,
  memory: 7002,
  disk: 7003,
  command: 7005,
} as const;

/** The TPM's, in guests that have one. */
export const guestTpmPort = 7004;

export interface GuestOptions {
  readonly name: string;
  /** Name of the host to create and start it on. */
  readonly host: string;
  /** In the lab's guest network, 10.77.0.0/24; from .50 on they are free. */
  readonly address: string;
  /** Default 256. */
  readonly memoryMib?: number;
  /** A new qcow2 disk of that size; absent: none. */
  readonly diskMib?: number;
  /** The pool with the kernel, and the disk; default `vms`, which all hosts share. */
  readonly pool?: string;
  /** What has to answer before it counts as booted; default all. The small guest has no redis and no web server. */
  readonly services?: readonly (keyof typeof guestPorts)[];
  /** More of the draft, or other values. */
  readonly draft?: Partial<VmCreate>;
}

/** Creates the VM, starts it and resolves when all its services answer. */
export async function createGuest(lab: Lab, options: GuestOptions): Promise<void> {
  const { name, address } = options;
  const host = lab.host(options.host);
  await host.api("POST /v1/vms", { body: guestDraft(options) });
  await host.api("POST /v1/vms/{vm}/start", { params: { vm: name } });
  const services = options.services ?? (Object.keys(guestPorts) as (keyof typeof guestPorts)[]);
  for (const service of services)
    await lab.client.waitFor(address, guestPorts[service], patienceMs);
}

export function guestDraft(options: GuestOptions): VmCreate {
  const { name, address, memoryMib = 256, diskMib, pool = "vms", draft } = options;
  // The host's own protections against its guests' tricks cost an emulated CPU a third of its speed.
  const settings = `console=ttyS0 quiet mitigations=off ferry.ip=${address}/24 ferry.name=${name}`;
  return {
    name,
    memoryMib,
    kernelBoot: {
      kernel: { pool, file: "vmlinuz" },
      initrd: { pool, file: "initrd.img" },
      commandLine: settings,
    },
    nics: [{ switch: "lan" }],
    disks: diskMib === undefined ? [] : [{ pool, sizeBytes: diskMib * 2 ** 20 }],
    ...draft,
  };
}

/** The QEMU on this host whose guest has the name. */
export async function guestProcess(host: LabHost, guest: string): Promise<number> {
  for (const pid of await processesIn(host.namespace)) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes("qemu-system") && line.includes(`guest=${guest},`)) return pid;
  }
  throw new Error(`Cannot find the QEMU of "${guest}" on "${host.name}"`);
}
