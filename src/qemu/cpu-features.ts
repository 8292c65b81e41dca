/** Which CPU models and features guests can have here, in QEMU's own names: asked from QEMU, judged by its accelerator. */
import { askQemu, type QemuQuestion } from "./ask-qemu.ts";
import { type Accelerator, cpuLevels, expandableModel } from "./cpu-model.ts";
import type { QemuFeatures } from "./features.ts";
import type { Qmp } from "./qmp.ts";

export interface CpuModel {
  readonly name: string;
  /** The features that it would have and this host can't give; empty: a guest can have this model here. */
  readonly missing: readonly string[];
}

export interface CpuCapabilities {
  /** Every feature that a guest can have here. */
  readonly available: readonly string[];
  /** Ferry's levels first, then QEMU's named models; neither `host` nor `max`, which are what the host is. */
  readonly models: readonly CpuModel[];
}

interface Definition {
  readonly name: string;
  readonly "unavailable-features"?: readonly string[];
  readonly static: boolean;
  readonly "migration-safe"?: boolean;
}

/** @throws FerryError `qemu-failed`. */
export async function readCpuCapabilities(
  { path }: QemuFeatures,
  accelerator: Accelerator,
): Promise<CpuCapabilities> {
  const levels = Object.keys(cpuLevels);
  const [definitions, max, ...expanded] = await askQemu(path, accelerator, [
    { execute: "query-cpu-definitions" },
    expansion("max", accelerator),
    ...levels.map((level) => expansion(level, accelerator)),
  ]);
  const available = featuresIn(max);
  const named = (definitions as readonly Definition[])
    .filter((model) => model["migration-safe"] === true && !model.static)
    .map((model) => ({
      name: model.name,
      missing: [...new Set(model["unavailable-features"] ?? [])].sort(),
    }));
  return {
    available,
    models: [
      ...levels.map((name, index) => ({
        name,
        missing: missingFrom(available, featuresIn(expanded[index])),
      })),
      ...named.sort((one, other) => one.name.localeCompare(other.name)),
    ],
  };
}

/** By model: what a guest with it has; absent for a model that this QEMU does not know. */
export async function readModelFeatures(
  { path }: QemuFeatures,
  accelerator: Accelerator,
  models: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const questions = models.map((model) => expansion(model, accelerator));
  const answers = await askQemu(path, accelerator, questions);
  return new Map(
    models.flatMap((model, index) =>
      answers[index] === undefined ? [] : [[model, featuresIn(answers[index])] as const],
    ),
  );
}

/** What runs the guest of a running QEMU: what the host has by now may be something else. @throws FerryError `qemu-failed`. */
export async function readGuestAccelerator(qmp: Qmp): Promise<Accelerator> {
  const { enabled } = await qmp.execute<{ enabled: boolean }>("query-kvm");
  return enabled ? "kvm" : "tcg";
}

/** What the guest of a running QEMU has, as its machine type makes it. @throws FerryError `qemu-failed`. */
export async function readGuestFeatures(
  qmp: Qmp,
  model: string,
  accelerator: Accelerator,
): Promise<readonly string[]> {
  const { execute, arguments: given } = expansion(model, accelerator);
  return featuresIn(await qmp.execute(execute, { ...given }));
}

export function missingFrom(available: readonly string[], wanted: readonly string[]): string[] {
  const present = new Set(available);
  return wanted.filter((feature) => !present.has(feature));
}

/** N.B. the static form names each feature once; the full one has aliases and switches beside them. */
function expansion(model: string, accelerator: Accelerator): QemuQuestion {
  const type = "static";
  const asked = { type, model: expandableModel(model, accelerator) };
  return { execute: "query-cpu-model-expansion", arguments: asked };
}

function featuresIn(answer: unknown): string[] {
  const { model } = (answer ?? {}) as {
    model?: { props?: Readonly<Record<string, unknown>> };
  };
  return Object.entries(model?.props ?? {})
    .filter(([, value]) => value === true)
    .map(([name]) => name)
    .sort();
}
