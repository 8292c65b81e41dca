/**
 * Migration networks: the subnets that moves may use, the best first. The target offers those of its addresses that are in
 * one of its networks; the source tries those that are in one of its own. No I/O.
 */
import { BlockList, isIP } from "node:net";
import Type from "typebox";
import { FerryError } from "../base/errors.ts";

export const MigrationNetwork = Type.Object(
  {
    /** `10.1.0.0/24` or `fd00:1::/64`. */
    subnet: Type.String({ maxLength: 64 }),
    /** Lower is better; networks of equal priority are equally good. */
    priority: Type.Integer({ minimum: 0, maximum: 65_535 }),
  },
  { additionalProperties: false },
);
export type MigrationNetwork = Type.Static<typeof MigrationNetwork>;

interface Subnet {
  readonly address: string;
  readonly length: number;
  readonly family: "ipv4" | "ipv6";
}

export function networkFaults(networks: readonly MigrationNetwork[]): string[] {
  const seen = new Set<string>();
  return networks.flatMap(({ subnet }) => {
    const parsed = parseSubnet(subnet);
    if (parsed === undefined) {
      return [`migrationNetworks: "${subnet}" is no subnet such as 10.1.0.0/24 or fd00:1::/64`];
    }
    if (seen.has(subnet)) return [`migrationNetworks: "${subnet}" stands there twice`];
    seen.add(subnet);
    return [];
  });
}

/**
 * Those of `addresses` that a move may use, the best first; addresses of equally good networks in the order given.
 * Null networks: all of them, as they are.
 */
export function usableAddresses(
  addresses: readonly string[],
  networks: readonly MigrationNetwork[] | null,
): string[] {
  if (networks === null) return [...addresses];
  return addresses
    .flatMap((address) => {
      const priorities = networks
        .filter(({ subnet }) => contains(subnet, address))
        .map(({ priority }) => priority);
      return priorities.length === 0 ? [] : [{ address, priority: Math.min(...priorities) }];
    })
    .sort((a, b) => a.priority - b.priority)
    .map(({ address }) => address);
}

/** As `usableAddresses`, for a move: none is an error. @throws FerryError `unsupported` naming both. */
export function requireAddresses(
  host: string,
  addresses: readonly string[],
  networks: readonly MigrationNetwork[] | null,
): string[] {
  const usable = usableAddresses(addresses, networks);
  if (usable.length > 0) return usable;
  const wanted = (networks ?? []).map(({ subnet }) => subnet).join(", ");
  throw new FerryError(
    "unsupported",
    `Cannot find a migration network: "${host}" has ${addresses.join(", ") || "no address"}, wanted is one in ${wanted}`,
    { remedy: "Add the network that both hosts share: ferry host network add SUBNET" },
  );
}

function contains(subnet: string, address: string): boolean {
  const parsed = parseSubnet(subnet);
  const family = familyOf(address);
  if (parsed === undefined || family !== parsed.family) return false;
  const list = new BlockList();
  list.addSubnet(parsed.address, parsed.length, parsed.family);
  return list.check(address, family);
}

function parseSubnet(text: string): Subnet | undefined {
  const [, address = "", digits = ""] = /^([0-9a-fA-F.:]+)\/([0-9]{1,3})$/.exec(text) ?? [];
  const family = familyOf(address);
  const length = Number(digits);
  if (family === undefined || length > (family === "ipv4" ? 32 : 128)) return undefined;
  return { address, length, family };
}

function familyOf(address: string): Subnet["family"] | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? "ipv4" : "ipv6";
}
