/** Checks that compare the two hosts: versions, virtualization, processor, memory, network, clocks. */
import type { Check, Trouble } from "./check.ts";

/** Beyond this certificates and records begin to disagree. */
const clockDifferenceMsMax = 30_000;
/** QEMU itself: its own memory beside the guest's. */
const qemuOverheadBytes = 128 * 1024 * 1024;

function closed(on: "source" | "target", host: string, message: string): Trouble {
  const remedy = `Open it: ferry host resume ${host}, ferry host set ${host} --migration on`;
  return { on, severity: "blocking", message, remedy };
}

export const hostChecks: readonly Check[] = [
  {
    id: "different-hosts",
    title: "Source and target are two hosts",
    look({ source, target, definition }) {
      if (source.host !== target.host) return [];
      return [
        {
          on: "target",
          severity: "blocking",
          message: `VM "${definition.name}" is on "${target.host}" already`,
          remedy: "Name another host of the domain: ferry host list",
        },
      ];
    },
  },
  {
    id: "takes-part",
    title: "Moves may leave the source and come to the target",
    look({ source, target }) {
      const leave = source.closed.outgoing;
      const come = target.closed.incoming;
      return [
        ...(leave === null
          ? []
          : [closed("source", source.host, `No move leaves "${source.host}": ${leave}`)]),
        ...(come === null
          ? []
          : [closed("target", target.host, `No move comes to "${target.host}": ${come}`)]),
      ];
    },
  },
  {
    id: "protocol-version",
    title: "Both agents speak a common protocol version",
    look({ source, target }) {
      if (source.protocolVersions.some((version) => target.protocolVersions.includes(version)))
        return [];
      return [
        {
          on: "target",
          severity: "blocking",
          message: `Ferry ${target.ferryVersion} on "${target.host}" speaks protocol ${target.protocolVersions.join(", ")}, "${source.host}" speaks ${source.protocolVersions.join(", ")}`,
          remedy: "Upgrade the older host: each version speaks its own and the previous protocol",
        },
      ];
    },
  },
  {
    id: "qemu-present",
    title: "The target has QEMU",
    look({ target }) {
      if (target.qemu !== null) return [];
      return [
        {
          on: "target",
          severity: "blocking",
          message: `"${target.host}" has no working QEMU`,
          remedy: `On "${target.host}": apt install qemu-system-x86`,
        },
      ];
    },
  },
  {
    id: "virtualization",
    title: "The target can run the guest as the source does",
    look({ source, target }) {
      if (source.accelerator === "kvm" && target.accelerator === "tcg") {
        return [
          {
            on: "target",
            severity: "blocking",
            message: `"${target.host}" has no usable hardware virtualization, the VM runs under KVM`,
            remedy: `On "${target.host}" switch on VT-x or AMD-V in the firmware and load kvm_intel or kvm_amd`,
          },
        ];
      }
      if (target.accelerator === "kvm") return [];
      return [
        {
          on: "target",
          severity: "warning",
          message: `"${target.host}" emulates the processor (TCG): guests run many times slower than under KVM`,
          remedy: "Use hosts with VT-x or AMD-V for anything but tests",
        },
      ];
    },
  },
  {
    id: "emulator-keeps-track",
    title: "The source's QEMU keeps track of all that the guest writes",
    look({ source }) {
      const major = Number.parseInt(source.qemu?.version ?? "", 10);
      if (source.accelerator === "kvm" || !(major < 9)) return [];
      return [
        {
          on: "source",
          severity: "warning",
          message: `QEMU ${source.qemu?.version} on "${source.host}" emulates the processor and may lose changes of memory in a move; from 9.0 on it does not`,
          remedy: `Use KVM, or a newer QEMU on "${source.host}"; move with --verify until then`,
        },
      ];
    },
  },
  {
    id: "cpu-vendor",
    title: "Both processors have the same manufacturer",
    look({ source, target }) {
      if (source.cpu.vendor === target.cpu.vendor) return [];
      if (source.accelerator === "tcg" && target.accelerator === "tcg") return []; // QEMU's own CPU on both
      return [
        {
          on: "target",
          severity: "blocking",
          message: `"${target.host}" has a ${target.cpu.vendor} processor, "${source.host}" a ${source.cpu.vendor}`,
          remedy:
            "Move to a host with the same manufacturer's processor; across manufacturers a VM must be shut down",
        },
      ];
    },
  },
  {
    id: "memory",
    title: "The target has the memory",
    look({ definition, target }) {
      const wanted = definition.memory.mib * 1048576 + qemuOverheadBytes;
      if (target.memoryAvailableBytes >= wanted) return [];
      const mib = (bytes: number): string => `${Math.round(bytes / 1048576)} MiB`;
      return [
        {
          on: "target",
          severity: "blocking",
          message: `"${target.host}" has ${mib(target.memoryAvailableBytes)} available, the VM needs ${mib(wanted)}`,
          remedy: `Stop or move VMs of "${target.host}" first`,
        },
      ];
    },
  },
  {
    id: "virtual-switch",
    title: "The target has every virtual switch the VM is connected to",
    look({ definition, target }) {
      const names = [...new Set(definition.nics.map((nic) => nic.switch))];
      return names.flatMap((name) => {
        if ((target.switches[name] ?? null) !== null) return [];
        return [
          {
            on: "target" as const,
            severity: "blocking" as const,
            message: `"${target.host}" has no virtual switch "${name}"`,
            remedy: `On "${target.host}": ferry switch create ${name} BRIDGE`,
          },
        ];
      });
    },
  },
  {
    id: "clocks",
    title: "The hosts' clocks agree",
    look({ source, target }) {
      const difference = Math.abs(source.clockMs - target.clockMs);
      if (difference <= clockDifferenceMsMax) return [];
      return [
        {
          on: "target",
          severity: "warning",
          message: `The clocks of "${source.host}" and "${target.host}" differ by ${Math.round(difference / 1000)} s`,
          remedy: "Run a time service (chrony, systemd-timesyncd) on both hosts",
        },
      ];
    },
  },
];
