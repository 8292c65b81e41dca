/** Which address memory goes to over RDMA: both hosts must have one in the same subnet, on a port of RDMA. */
import { BlockList, isIPv6 } from "node:net";

/** `own` and `theirs` as `10.1.0.5/24`, the best first. The first of `own` that shares its subnet with one of `theirs`, without its prefix length. */
export function commonRdmaAddress(
  own: readonly string[],
  theirs: readonly string[],
): string | undefined {
  return own.find((address) => theirs.some((other) => shareSubnet(address, other)))?.split("/")[0];
}

function shareSubnet(one: string, other: string): boolean {
  const [address = "", length = ""] = one.split("/");
  const [otherAddress = "", otherLength = ""] = other.split("/");
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (length !== otherLength || isIPv6(otherAddress) !== (family === "ipv6")) return false;
  const subnet = new BlockList();
  subnet.addSubnet(address, Number(length), family);
  return subnet.check(otherAddress, family);
}

/** An address in a URI: IPv6 in brackets. */
export function inUri(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}
