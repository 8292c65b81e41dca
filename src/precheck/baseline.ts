/** The greatest CPU model that every one of a set of hosts can give. Pure. */
import { cpuLevels } from "../qemu/cpu-model.ts";

export interface BaselineHost {
  readonly host: string;
  readonly vendor: string;
  readonly accelerator: "kvm" | "tcg";
  readonly available: readonly string[];
  readonly models: readonly { readonly name: string; readonly missing: readonly string[] }[];
}

export interface Baseline {
  readonly hosts: string[];
  readonly model: string | null;
  readonly level: string | null;
  readonly features: string[];
  readonly common: string[];
  readonly beyond: {
    readonly model: string;
    readonly lacking: { readonly host: string; readonly missing: string[] }[];
  }[];
  readonly apart: { readonly host: string; readonly reason: string }[];
}

/** Models that every host knows and can give. */
export function commonModels(hosts: readonly BaselineHost[]): string[] {
  const [first, ...others] = hosts;
  const usable = (host: BaselineHost) =>
    host.models.filter(({ missing }) => missing.length === 0).map(({ name }) => name);
  const rest = others.map((host) => new Set(usable(host)));
  return first === undefined
    ? []
    : usable(first).filter((name) => rest.every((names) => names.has(name)));
}

/** @param featuresOf Of the models of `commonModels`, what a guest with them has. */
export function baselineOf(
  hosts: readonly BaselineHost[],
  featuresOf: ReadonlyMap<string, readonly string[]>,
): Baseline {
  const candidates = commonModels(hosts).filter((name) => featuresOf.has(name));
  const count = (name: string) => featuresOf.get(name)?.length ?? 0;
  const levels = Object.keys(cpuLevels);
  // Ferry's levels come first in the lists, so that one of equal rank wins over a maker's name.
  const model = candidates.reduce<string | null>(
    (best, name) => (best === null || count(name) > count(best) ? name : best),
    null,
  );
  const level = levels.findLast((name) => candidates.includes(name)) ?? null;
  const [first, ...others] = hosts;
  const common = (first?.available ?? []).filter((feature) =>
    others.every(({ available }) => available.includes(feature)),
  );
  return {
    hosts: hosts.map(({ host }) => host),
    model,
    level,
    features: [...(featuresOf.get(model ?? "") ?? [])],
    common,
    beyond: levels
      .filter((name) => !candidates.includes(name))
      .map((name) => ({ model: name, lacking: lackingOf(hosts, name) })),
    apart: others.flatMap((host) => apart(host, first)),
  };
}

function lackingOf(hosts: readonly BaselineHost[], model: string) {
  return hosts.flatMap(({ host, models }) => {
    const missing = models.find(({ name }) => name === model)?.missing;
    return missing?.length === 0 ? [] : [{ host, missing: [...(missing ?? [])] }];
  });
}

function apart(host: BaselineHost, first: BaselineHost | undefined): Baseline["apart"] {
  if (first === undefined) return [];
  if (host.accelerator !== first.accelerator) {
    const reason = `its guests run under ${host.accelerator}, those of ${first.host} under ${first.accelerator}`;
    return [{ host: host.host, reason }];
  }
  if (host.accelerator === "tcg" || host.vendor === first.vendor) return [];
  const reason = `its processor is of ${host.vendor}, that of ${first.host} of ${first.vendor}`;
  return [{ host: host.host, reason }];
}
