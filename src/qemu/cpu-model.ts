/**
 * CPU models: from the definition's name to QEMU's `-cpu` value. Pure.
 *
 * `x86-64-v2` and its successors are the ABI levels of the x86-64 psABI, spelled out as features on `qemu64`, the one
 * base that every QEMU version and both accelerators have in the same form. A VM made with them can run on any two
 * hosts that have the features. See docs/decisions/0020-cpu-models.md.
 */
import { FerryError } from "../base/errors.ts";

export type Accelerator = "kvm" | "tcg";

export const defaultCpuModel = "x86-64-v2";

const level2 = ["cx16", "lahf_lm", "popcnt", "pni", "sse4.1", "sse4.2", "ssse3"];
const level3 = [...level2, "abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"];
const level4 = [...level3, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"];

/** By Ferry's name: the features beside those of `qemu64`. */
export const cpuLevels: Readonly<Record<string, readonly string[]>> = {
  "x86-64-v2": level2,
  "x86-64-v3": level3,
  "x86-64-v4": level4,
};

/**
 * The value of `-cpu`. Models other than the host's own get `enforce`: a host that lacks a feature refuses to start the
 * VM instead of quietly giving it less than the host it came from.
 * @throws FerryError `unsupported` when the accelerator cannot provide the model.
 */
export function cpuArgument(model: string, accelerator: Accelerator): string {
  if (model === "host" || model === "max") {
    // Without KVM there is no host CPU to pass on; `max` is everything that emulation has.
    return model === "host" && accelerator === "kvm" ? "host" : "max";
  }
  const features = cpuLevels[model];
  if (features === undefined) return `${model},enforce`;
  if (model === "x86-64-v4" && accelerator === "tcg") {
    throw new FerryError(
      "unsupported",
      'Cannot use CPU model "x86-64-v4": this host emulates CPUs, and emulation has no AVX-512',
      { remedy: "Choose x86-64-v3 or lower, or a host with KVM" },
    );
  }
  // `svm` is in qemu64 for TCG only; a guest must not see it come and go.
  return `qemu64,${features.map((feature) => `+${feature}`).join(",")},svm=off,enforce`;
}

/** The model as `query-cpu-model-expansion` takes it. */
export function expandableModel(
  model: string,
  accelerator: Accelerator,
): { readonly name: string; readonly props?: Readonly<Record<string, boolean>> } {
  if (model === "host" || model === "max") {
    return { name: model === "host" && accelerator === "kvm" ? "host" : "max" };
  }
  const features = cpuLevels[model];
  if (features === undefined) return { name: model };
  const props = Object.fromEntries(features.map((feature) => [feature, true] as const));
  return { name: "qemu64", props: { ...props, svm: false } };
}

/** What a model is, in a sentence for people. */
export function explainModel(model: string, accelerator: Accelerator): string {
  if (model === "host" || model === "max") {
    return accelerator === "kvm" && model === "host"
      ? "the host's own processor, all of it: the VM can go where a host has at least the same"
      : "everything that this host's QEMU can give: the VM can go where a QEMU gives at least the same";
  }
  return model in cpuLevels
    ? `level ${model.at(-1)} of the x86-64 ABI, feature by feature: the VM can go where a host has these`
    : "a model of QEMU's: the VM can go where QEMU knows it and the host has its features";
}
