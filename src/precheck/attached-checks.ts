/** Checks about what a VM has beside files and network: LUNs, Fibre Channel, devices of the host, folders, firmware. */
import { formatBytes } from "../base/format.ts";
import { lunText, lunUser } from "../vm/lun-key.ts";
import type { Check, CheckInput, Trouble } from "./check.ts";
import type { HostFacts } from "./facts.ts";
import { physicalDiskRefusal } from "./physical-disk-rule.ts";
import { movingDisks } from "./place-disks.ts";
import { sameBytes } from "./same-bytes.ts";

export const attachedChecks: readonly Check[] = [
  {
    id: "lun-secret",
    title: "The target knows the secrets of the VM's LUNs",
    compares: "The secrets that the VM's LUNs name against those that the target was told",
    severity: "blocking",
    remedy: "Tell it: ferry secret set NAME --user USER --host TARGET",
    look({ target }) {
      return (target.attached?.missingSecrets ?? []).map((name) => ({
        on: "target" as const,
        message: `"${target.host}" does not know secret "${name}", which LUNs of the VM need`,
        remedy: `ferry secret set ${name} --user USER --host ${target.host}`,
      }));
    },
  },
  {
    id: "lun-reached",
    title: "Both hosts open every LUN of the VM",
    compares: "What QEMU on each host says when it opens the LUN, read-only",
    severity: "blocking",
    remedy: "Mend the way to the storage, or let it give the LUN to both hosts",
    look(input) {
      return eachLun(input, ({ name, text }) =>
        (["source", "target"] as const).flatMap((on): Trouble[] => {
          const error = input[on].attached?.luns[name]?.error ?? null;
          if (error === null) return [];
          const message = `"${input[on].host}" cannot open LUN "${name}" (${text}): ${error}`;
          // The guest has it open where it runs: a second look that fails there does not stop the move.
          return [
            {
              on,
              severity: on === "source" ? "warning" : "blocking",
              message,
              remedy: lunRemedy(error),
            },
          ];
        }),
      );
    },
  },
  {
    id: "lun-same",
    title: "Both hosts see LUNs of the same size",
    compares: "The size of each LUN as both hosts see it",
    severity: "blocking",
    remedy: "Let the portal's address lead to the same storage from both hosts",
    look(input) {
      const { source, target } = input;
      return eachLun(input, ({ name, text }) => {
        const here = source.attached?.luns[name]?.bytes ?? null;
        const there = target.attached?.luns[name]?.bytes ?? null;
        if (here === null || there === null || here === there) return [];
        const message = `LUN "${name}" (${text}) has ${formatBytes(here)} on "${source.host}" and ${formatBytes(there)} on "${target.host}"`;
        return [{ on: "target", message }];
      });
    },
  },
  {
    id: "lun-free",
    title: "No other VM has a LUN of the VM",
    compares: "The VM's LUNs against those of the target's VMs, and of the domain's other hosts",
    severity: "blocking",
    remedy: "Give one of the two VMs another LUN",
    look({ definition, target, elsewhere = [] }) {
      const third = elsewhere
        .filter(({ host }) => host !== target.host)
        .flatMap(({ host, definition: other }) =>
          (definition.luns ?? []).flatMap(({ name, source }) =>
            // A physical disk of another host is another disk, whatever it is called; unless the cluster has it.
            (source.kind !== "physical" ||
              target.cluster?.disks?.includes(source.device) === true) &&
            lunUser(definition, name, [other]) !== undefined
              ? [{ host, user: other.name, lun: name }]
              : [],
          ),
        );
      const there = Object.entries(target.attached?.lunUsers ?? {}).map(([lun, user]) => {
        return { host: target.host, user, lun };
      });
      return [...there, ...third].map(({ host, user, lun }) => ({
        on: "target" as const,
        message: `VM "${user}" on "${host}" has LUN "${lun}" too: both would write to it`,
        remedy: `Give one of the two another LUN: ferry vm export ${user}, then ferry vm apply`,
      }));
    },
  },
  {
    id: "fibre-channel",
    title: "The target can log the VM in to its Fibre Channel fabrics, and the storage is there",
    compares:
      "The VM's adapters and their storage ports against the target's ports and what those see",
    severity: "blocking",
    remedy:
      "Connect the target to the fabric with an adapter that carries virtual ports (NPIV), and zone the storage",
    look({ definition, target }) {
      return (definition.fibreChannel ?? []).flatMap(({ name, fabric }): Trouble[] => {
        const facts = target.attached?.fibreChannel[name];
        if (facts === undefined) return [];
        const on = "target" as const;
        if (facts.usablePorts === 0) {
          const message = `"${target.host}" has no port in fabric ${fabric} that could carry adapter "${name}"`;
          return [{ on, message }];
        }
        return facts.unseen.map((port) => ({
          on,
          message: `"${target.host}" does not see storage port ${port} in fabric ${fabric}`,
          remedy: `Zone port ${port} for both names of adapter "${name}" and for the ports of "${target.host}"`,
        }));
      });
    },
  },
  {
    id: "physical-disk",
    title: "The VM has no physical disk that would have to stay",
    compares: "The VM's physical disks against what a cluster gives from host to host",
    severity: "blocking",
    remedy:
      "Use a disk in a shared pool, or a LUN of iSCSI or Fibre Channel; in a cluster: ferry cluster disk add, ferry vm cluster",
    look(input) {
      const { definition, source, target } = input;
      const here = source.cluster;
      // In a cluster the definition is in its records, where every host of it finds it.
      const inCluster = here !== undefined && here.id === target.cluster?.id;
      const definitionShared = inCluster && here.vms.includes(definition.id);
      return (definition.luns ?? []).flatMap(({ name, source: lun }): Trouble[] => {
        if (lun.kind !== "physical") return [];
        const has = ({ cluster }: HostFacts): boolean =>
          cluster?.disks?.includes(lun.device) === true;
        const refusal = physicalDiskRefusal({
          ...{ inCluster, definitionShared },
          clusterResource: has(source) && has(target),
          copiesStorage: movingDisks(input).length > 0,
        });
        if (refusal === null) return [];
        const message = `"${name}" is physical disk ${lun.device} of "${source.host}": ${refusal}`;
        return [{ on: "source", message }];
      });
    },
  },
  {
    id: "host-device",
    title: "The VM has no device of its host for itself",
    compares: "The VM's USB and PCI devices of the host: their state cannot be moved",
    severity: "blocking",
    remedy: "Stop the VM and take the device from it: ferry vm export, then ferry vm apply",
    look({ definition, source }) {
      return (definition.hostDevices ?? []).map((device) => {
        const what =
          device.kind === "usb"
            ? `USB device ${device.vendor}:${device.product}`
            : `PCI device ${device.address}`;
        return {
          on: "source" as const,
          message: `The guest has ${what} of "${source.host}" for itself ("${device.name}")`,
          remedy: `Stop VM "${definition.name}" and take "${device.name}" from it: ferry vm export, then ferry vm apply`,
        };
      });
    },
  },
  {
    id: "shared-folder",
    title: "The target has every folder that the guest shares",
    compares: "The VM's shared folders against the target's pools, which must be the same bytes",
    severity: "blocking",
    remedy: "Put the folder into a pool that both hosts reach",
    look(input) {
      const { definition, target } = input;
      return (definition.sharedFolders ?? []).flatMap(({ name, pool }): Trouble[] => {
        const error = target.attached?.folders[name] ?? null;
        if (error !== null) {
          return [
            { on: "target", message: `"${target.host}" cannot share folder "${name}": ${error}` },
          ];
        }
        if (sameBytes(input, pool)) return [];
        const message = `Folder "${name}" is in pool "${pool}", which "${target.host}" does not share`;
        return [{ on: "target", message }];
      });
    },
  },
  {
    id: "qemu-allows",
    title: "The VM's QEMU has nothing against a move",
    compares: "What the VM's own QEMU names as reasons why it can't be moved now",
    severity: "blocking",
    remedy: "Mend what QEMU names; a folder, for instance, must be unmounted in the guest",
    look({ source }) {
      return (source.attached?.blockers ?? []).map((reason) => ({
        on: "source" as const,
        message: `QEMU on "${source.host}" says: ${reason}`,
      }));
    },
  },
  {
    id: "uefi-firmware",
    title: "The target has UEFI firmware of the same size",
    compares: "The firmware files of both hosts, for a VM that boots by UEFI",
    severity: "blocking",
    remedy: "Install the source's package on the target: apt install ovmf",
    look({ definition, source, target }) {
      if (definition.machine.firmware !== "uefi" || target.attached === undefined) return [];
      const there = target.attached.uefiBytes;
      if (there === null)
        return [{ on: "target", message: `"${target.host}" has no UEFI firmware` }];
      const here = source.attached?.uefiBytes ?? null;
      if (here === null || here === there) return [];
      const message = `The UEFI firmware of "${target.host}" has ${there} bytes, that of "${source.host}" ${here}`;
      return [{ on: "target", message }];
    },
  },
];

function eachLun(
  { definition }: CheckInput,
  look: (lun: { name: string; text: string }) => Trouble[],
): Trouble[] {
  return (definition.luns ?? []).flatMap((lun) => look({ name: lun.name, text: lunText(lun) }));
}

/** What QEMU's words mean to whoever has to mend it. */
function lunRemedy(error: string): string {
  if (/Authentication failure/i.test(error)) {
    return "Correct the user and password on that host: ferry secret set NAME --user USER";
  }
  if (/Unknown driver/.test(error)) {
    return "Install QEMU's iSCSI initiator on that host: apt install qemu-block-extra";
  }
  if (/Target not found/.test(error))
    return "Correct the target's name, or make the target on the storage";
  if (/LOGICAL_UNIT_NOT_SUPPORTED/.test(error))
    return "Correct the LUN's number, or let the storage map it";
  return "See whether that host reaches the portal's address and port, and whether the storage admits the VM";
}
