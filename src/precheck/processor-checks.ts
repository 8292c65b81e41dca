/** Checks about processors: who runs the guest's instructions, and whether the guest finds the same processor there. */
import type { Check, CheckInput, Trouble } from "./check.ts";
import { isHostModel, type Obstacle, obstacles } from "./processor-fit.ts";

export const processorChecks: readonly Check[] = [
  {
    id: "virtualization",
    title: "The target can run the guest as the source does",
    compares:
      "The accelerator that each host gets: vmx or svm among the processor's flags, and a virtual CPU that was run; /dev/kvm alone is not believed, and QEMU's user has to have the right to it",
    severity: "blocking",
    remedy:
      "Switch on VT-x or AMD-V in the firmware, load kvm_intel or kvm_amd, and let the group kvm read and write /dev/kvm",
    look(input) {
      const { source, target } = input;
      const against = blocking(input, "virtualization");
      if (against.length > 0 || source.accelerator === "kvm") return against;
      if (target.accelerator === "kvm") {
        return [
          {
            on: "target",
            message: `The guest's instructions are emulated on "${source.host}" (TCG), "${target.host}" has KVM: its processor would change under it`,
            remedy: `Shut the VM down and start it on "${target.host}"`,
          },
        ];
      }
      return [
        {
          on: "target",
          severity: "warning",
          message: `"${target.host}" emulates the processor (TCG${because(target.acceleratorReason)}): guests run many times slower than under KVM`,
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
    remedy:
      "Use KVM or a newer QEMU on the source; until then move with --verify, and a --max-blackout that has time for it",
    look({ source }) {
      const major = Number.parseInt(source.qemu?.version ?? "", 10);
      if (source.accelerator === "kvm" || !(major < 9)) return [];
      return [
        {
          on: "source",
          message: `QEMU ${source.qemu?.version} on "${source.host}" emulates the processor and may lose changes of memory in a move; from 9.0 on it does not`,
          remedy: `Use KVM, or a newer QEMU on "${source.host}"; until then move with --verify, and a --max-blackout that has time for it`,
        },
      ];
    },
  },
  {
    id: "cpu-vendor",
    title: "Both processors have the same manufacturer",
    compares: "The manufacturers of both processors, where a guest runs under KVM",
    severity: "blocking",
    remedy:
      "Move to a host with the same manufacturer's processor; across manufacturers a VM must be shut down",
    look: (input) => blocking(input, "cpu-vendor"),
  },
  {
    id: "cpu-model",
    title: "The target's QEMU knows the VM's CPU model",
    compares: "The VM's CPU model against those of the target's QEMU",
    severity: "blocking",
    remedy:
      "Upgrade QEMU on the target, or give the VM a model that both know: ferry host baseline",
    look: (input) => blocking(input, "cpu-model"),
  },
  {
    id: "cpu-features",
    title: "The target has every processor feature that the guest has",
    compares:
      "What the running guest's processor has, as its QEMU says, against what the target's QEMU can give, feature by feature",
    severity: "blocking",
    remedy: "Shut the VM down and give it a model that both hosts have: ferry host baseline",
    look: (input) => blocking(input, "cpu-features"),
  },
  {
    id: "cpu-portable",
    title: "The guest's processor stays the same",
    compares:
      "For a VM with the model host or max: what the guest has against what it would find on the target",
    severity: "warning",
    remedy: "Give the VM a model that does not depend on its host: ferry host baseline",
    look({ definition, source, target }) {
      const { available } = target.cpu;
      if (!isHostModel(definition.cpu.model) || !available || !source.guestFeatures) return [];
      const had = new Set(source.guestFeatures);
      const more = available.filter((feature) => !had.has(feature));
      if (more.length === 0) return [];
      return [
        {
          on: "target",
          message: `CPU model "${definition.cpu.model}" is whatever the host has: on "${target.host}" the guest would find ${more.length} more features (${more.join(", ")})`,
          remedy: `Give "${definition.name}" a model that does not depend on its host: ferry host baseline ${source.host} ${target.host}`,
        },
      ];
    },
  },
  {
    id: "microcode",
    title: "Equal processors have equal microcode",
    compares: "The microcode of both processors, where they are of the same model and run guests",
    severity: "warning",
    remedy: "Install the same microcode package on both hosts and restart the older one",
    look({ source, target }) {
      const [here, there] = [source.cpu, target.cpu];
      const isComparable = source.accelerator === "kvm" && here.model === there.model;
      if (!isComparable || !here.microcode || !there.microcode) return [];
      if (here.microcode === there.microcode) return [];
      return [
        {
          on: "target",
          message: `"${source.host}" has microcode ${here.microcode}, "${target.host}" ${there.microcode}: the guest may rely on a mitigation that the other lacks`,
        },
      ];
    },
  },
  {
    id: "nested-virtualization",
    title: "Guests may have guests on both hosts, or on neither",
    compares:
      "The setting `nested` of KVM on both hosts, where the guest's processor has vmx or svm",
    severity: "warning",
    remedy: "Set nested alike for kvm_intel or kvm_amd on both hosts",
    look({ definition, source, target }) {
      const isNesting = source.guestFeatures?.some((name) => name === "vmx" || name === "svm");
      if (source.accelerator !== "kvm" || isNesting !== true) return [];
      const [here, there] = [source.cpu.nested, target.cpu.nested];
      if (here === there || here === undefined || there === undefined) return [];
      const word = (nested: boolean | null) => (nested === true ? "lets" : "does not let");
      return [
        {
          on: "target",
          message: `"${source.host}" ${word(here)} guests run guests, "${target.host}" ${word(there)} them: guests inside of VM "${definition.name}" would stop`,
        },
      ];
    },
  },
];

function blocking(input: CheckInput, check: Obstacle["check"]): Trouble[] {
  const { definition, source, target } = input;
  const guest = {
    vm: definition.name,
    model: definition.cpu.model,
    features: source.guestFeatures ?? null,
  };
  return obstacles(guest, source, target)
    .filter((obstacle) => obstacle.check === check)
    .map(({ message, remedy }) => ({ on: "target", message, remedy }));
}

function because(reason: string | null | undefined): string {
  return reason ? `; ${reason}` : "";
}
