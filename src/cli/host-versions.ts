/** Which versions every host of the domain supports: asked of each, and what all have in common. */
import type { Host } from "../api/schema/host.ts";
import { FerryError } from "../base/errors.ts";
import type { Cli } from "./cli.ts";

export interface HostVersions {
  readonly hosts: readonly {
    readonly host: string;
    readonly ferry: string;
    readonly protocol: readonly number[];
    readonly definition: readonly number[];
    readonly qemu: string | null;
    /** The newest q35 machine type. */
    readonly machine: string | null;
  }[];
  /** The newest machine type that every host has: a VM with it can go anywhere. */
  readonly commonMachine: string | null;
  /** The newest definition version that every host understands. */
  readonly commonDefinition: number | null;
  readonly unreachable: { host: string; message: string }[];
}

export async function hostVersions(cli: Cli): Promise<HostVersions> {
  const { hosts: members } = await cli.call("GET /v1/hosts");
  const hosts: Host[] = [];
  const unreachable: { host: string; message: string }[] = [];
  await Promise.all(
    members
      .filter(({ expelled }) => !expelled)
      .map(async ({ name }) => {
        try {
          hosts.push(await cli.call("GET /v1/host", { host: name }));
        } catch (error) {
          unreachable.push({ host: name, message: FerryError.from(error).message });
        }
      }),
  );
  hosts.sort((one, other) => one.name.localeCompare(other.name));
  const machines = hosts.map(({ qemu }) => qemu?.machineTypes ?? []);
  return {
    hosts: hosts.map((host) => ({
      host: host.name,
      ferry: host.version,
      protocol: host.protocolVersions,
      definition: host.definitionVersions ?? [1],
      qemu: host.qemu?.version ?? null,
      machine: newest(host.qemu?.machineTypes ?? []),
    })),
    commonMachine: newest(inAll(machines)),
    commonDefinition:
      Math.max(0, ...inAll(hosts.map((host) => host.definitionVersions ?? [1]))) || null,
    unreachable,
  };
}

function inAll<T>([first = [], ...others]: readonly (readonly T[])[]): T[] {
  return first.filter((item) => others.every((list) => list.includes(item)));
}

function newest(machines: readonly string[]): string | null {
  const version = (name: string) => name.slice("pc-q35-".length).split(".").map(Number);
  const sorted = machines
    .filter((name) => /^pc-q35-\d+\.\d+$/.test(name))
    .toSorted((one, other) => {
      const [[a = 0, b = 0], [c = 0, d = 0]] = [version(one), version(other)];
      return a - c || b - d;
    });
  return sorted.at(-1) ?? null;
}
