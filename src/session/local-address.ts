/** Which of a host's own addresses a lane to another host starts from; decided from what it is given. */
import { BlockList, isIPv6 } from "node:net";
import type { networkInterfaces } from "node:os";

type Interfaces = ReturnType<typeof networkInterfaces>;

/** This host's address in the network that the other's is in; undefined where they share none and the routes decide. */
export function localAddressFor(address: string, interfaces: Interfaces): string | undefined {
  const family = isIPv6(address) ? "IPv6" : "IPv4";
  for (const own of Object.values(interfaces).flatMap((each) => each ?? [])) {
    if (own.family !== family || own.cidr === null || own.internal) continue;
    // A link-local address means nothing without its link.
    if (family === "IPv6" && own.scopeid !== 0) continue;
    if (isIn(own.cidr, address, family)) return own.address;
  }
  return undefined;
}

function isIn(cidr: string, address: string, family: "IPv4" | "IPv6"): boolean {
  const [network = "", bits = ""] = cidr.split("/");
  const subnet = new BlockList();
  const kind = family === "IPv4" ? "ipv4" : "ipv6";
  subnet.addSubnet(network, Number(bits), kind);
  return subnet.check(address, kind);
}
