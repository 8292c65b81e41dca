/** Whether a guest's processor can be had on another host, and what stands against it, in words. Pure. */
import type { HostFacts } from "./facts.ts";

export interface GuestProcessor {
  readonly vm: string;
  /** The definition's CPU model. */
  readonly model: string;
  /** QEMU's names of all that the guest has; null where nobody could tell. */
  readonly features: readonly string[] | null;
}

export interface Obstacle {
  readonly check: "virtualization" | "cpu-vendor" | "cpu-model" | "cpu-features";
  readonly message: string;
  readonly remedy: string;
}

/** Of a host, what decides; `cpu.available` and `cpu.models` are absent from older agents. */
export type ProcessorHost = Pick<
  HostFacts,
  "host" | "accelerator" | "acceleratorReason" | "qemu"
> & {
  readonly cpu: Pick<HostFacts["cpu"], "vendor" | "available" | "models">;
};

/** Models that are whatever their host is. */
export function isHostModel(model: string): boolean {
  return model === "host" || model === "max";
}

/** Empty: the guest's processor can be had on the target. */
export function obstacles(
  guest: GuestProcessor,
  source: ProcessorHost,
  target: ProcessorHost,
): Obstacle[] {
  return [
    ...virtualization(source, target),
    ...vendor(source, target),
    ...model(guest, target),
    ...features(guest, source, target),
  ];
}

function virtualization(source: ProcessorHost, target: ProcessorHost): Obstacle[] {
  if (source.accelerator !== "kvm" || target.accelerator !== "tcg") return [];
  const reason = target.acceleratorReason ? ` (${target.acceleratorReason})` : "";
  return [
    {
      check: "virtualization",
      message: `"${target.host}" has no usable hardware virtualization${reason}, the VM runs under KVM on "${source.host}"`,
      remedy: `On "${target.host}" switch on VT-x or AMD-V in the firmware, load kvm_intel or kvm_amd, and let the group kvm read and write /dev/kvm`,
    },
  ];
}

function vendor(source: ProcessorHost, target: ProcessorHost): Obstacle[] {
  if (source.cpu.vendor === target.cpu.vendor) return [];
  // QEMU's own processor on both.
  if (source.accelerator === "tcg" && target.accelerator === "tcg") return [];
  return [
    {
      check: "cpu-vendor",
      message: `"${target.host}" has a processor of ${target.cpu.vendor}, "${source.host}" one of ${source.cpu.vendor}`,
      remedy:
        "Move to a host with the same manufacturer's processor; across manufacturers a VM must be shut down",
    },
  ];
}

function model(guest: GuestProcessor, target: ProcessorHost): Obstacle[] {
  const { models } = target.cpu;
  if (models === undefined || isHostModel(guest.model) || models.includes(guest.model)) return [];
  return [
    {
      check: "cpu-model",
      message: `QEMU ${target.qemu?.version ?? "?"} on "${target.host}" does not know CPU model "${guest.model}" of VM "${guest.vm}"`,
      remedy: `Upgrade QEMU on "${target.host}", or give the VM a model that both know: ferry host baseline`,
    },
  ];
}

function features(guest: GuestProcessor, source: ProcessorHost, target: ProcessorHost): Obstacle[] {
  const { available } = target.cpu;
  if (available === undefined || guest.features === null) return [];
  const present = new Set(available);
  const lacking = guest.features.filter((feature) => !present.has(feature));
  if (lacking.length === 0) return [];
  const count =
    lacking.length === 1 ? "1 processor feature" : `${lacking.length} processor features`;
  return [
    {
      check: "cpu-features",
      message: `"${target.host}" lacks ${count} that the guest of VM "${guest.vm}" has: ${lacking.join(", ")}`,
      remedy:
        `Shut the VM down and give it a model that both hosts have: ferry host baseline ${source.host} ${target.host}, ` +
        `then ferry vm set ${guest.vm} --cpu-model MODEL`,
    },
  ];
}
