/** The options of `ferry vm set`, applied to a definition. Pure: the definition given stays as it is. */
import type { Vm } from "../api/schema/vm.ts";
import { FerryError } from "../base/errors.ts";
import { parsePoolFile } from "./properties.ts";
import { parseCount, parseMebibytes } from "./quantities.ts";
import { parseNames, parseTopology } from "./vm-draft.ts";

export interface SetOptions {
  readonly name?: string;
  readonly memory?: string;
  readonly cpus?: string;
  readonly topology?: string;
  readonly cpuModel?: string;
  readonly iso?: string;
  readonly bootOrder?: string;
  readonly description?: string;
  readonly tags?: string;
  readonly atHostShutdown?: NonNullable<Definition["atHostShutdown"]> | "host";
}

type Definition = Vm["definition"];

/** @throws FerryError `bad-input` when no option is given, or one is not understood. */
export function changeDefinition(before: Definition, options: SetOptions): Definition {
  if (Object.keys(options).length === 0) {
    throw new FerryError(
      "bad-input",
      `Cannot change VM "${before.name}": nothing to change is given`,
      {
        remedy: "See: ferry vm set --help",
      },
    );
  }
  const { name, memory, cpus, topology, cpuModel, iso, bootOrder, description, tags } = options;
  const { atHostShutdown: present, ...others } = before;
  const { atHostShutdown = present } = options;
  return {
    ...others,
    ...(atHostShutdown !== undefined && atHostShutdown !== "host" && { atHostShutdown }),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(tags !== undefined && { tags: parseNames(tags) }),
    ...(bootOrder !== undefined && { bootOrder: parseNames(bootOrder) }),
    ...(memory !== undefined && { memory: { ...before.memory, mib: parseMebibytes(memory) } }),
    ...(iso !== undefined && { cdroms: changeMedium(before, iso) }),
    cpu: {
      ...before.cpu,
      ...(cpuModel !== undefined && { model: cpuModel }),
      ...(cpus !== undefined && {
        sockets: 1,
        cores: parseCount(cpus, "--cpus", 1, 256),
        threads: 1,
      }),
      ...(topology !== undefined && parseTopology(topology)),
    },
  };
}

function changeMedium(before: Definition, iso: string): Definition["cdroms"] {
  const [first, ...others] = before.cdroms;
  if (first === undefined) {
    throw new FerryError(
      "bad-input",
      `Cannot change the medium of VM "${before.name}": it has no CD drive`,
      {
        remedy: "Add one to its document: ferry vm export, then ferry vm apply",
      },
    );
  }
  return [{ ...first, medium: iso === "empty" ? null : parsePoolFile(iso) }, ...others];
}
