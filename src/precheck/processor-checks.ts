/** Checks about processors: who runs the guest's instructions, and whether they are the same on the target. */
import type { Check } from "./check.ts";

export const processorChecks: readonly Check[] = [
  {
    id: "virtualization",
    title: "The target can run the guest as the source does",
    compares:
      "The accelerator that each host gets: a virtual CPU is run, /dev/kvm alone is not believed",
    severity: "blocking",
    remedy: "Switch on VT-x or AMD-V in the firmware and load kvm_intel or kvm_amd",
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
    compares:
      "The source's accelerator and QEMU version: an emulating QEMU before 9.0 may lose changes of memory",
    severity: "warning",
    remedy: "Use KVM or a newer QEMU on the source; move with --verify until then",
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
    compares: "The manufacturers of both processors",
    severity: "blocking",
    remedy:
      "Move to a host with the same manufacturer's processor; across manufacturers a VM must be shut down",
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
];
