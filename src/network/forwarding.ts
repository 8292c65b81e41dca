/** What a bridge knows: where MAC addresses are, and which of its ports carry which VLANs. Asked of `bridge -j`. */
import Type from "typebox";
import Value from "typebox/value";
import { runProgram } from "../base/run-program.ts";

const Entry = Type.Object({
  mac: Type.String(),
  ifname: Type.String(),
  flags: Type.Optional(Type.Array(Type.String())),
  state: Type.Optional(Type.String()),
});
const VlanPort = Type.Object({
  ifname: Type.String(),
  vlans: Type.Array(Type.Object({ vlan: Type.Integer(), vlanEnd: Type.Optional(Type.Integer()) })),
});

/** The port behind which the bridge last saw frames from the address; undefined when it did not. */
export async function portOfMac(bridge: string, mac: string): Promise<string | undefined> {
  const output = await runProgram("bridge", ["-j", "fdb", "show", "br", bridge]);
  const entries = JSON.parse(output || "[]") as unknown[];
  const learned = entries.filter((entry) => Value.Check(Entry, entry));
  // Permanent entries are the ports' own addresses, which nobody learned.
  return learned.find((entry) => entry.mac === mac && entry.state !== "permanent")?.ifname;
}

/** Ports of the bridge that carry the VLAN, the bridge itself and `except` left out. */
export async function portsOfVlan(
  bridge: string,
  vlan: number,
  except: readonly string[],
): Promise<string[]> {
  const shown = await runProgram("bridge", ["-j", "vlan", "show"]);
  const ports = JSON.parse(shown || "[]") as unknown[];
  const members = JSON.parse(
    (await runProgram("ip", ["-j", "link", "show", "master", bridge])) || "[]",
  ) as { ifname?: string }[];
  const names = members.flatMap(({ ifname }) => (ifname === undefined ? [] : [ifname]));
  return ports
    .filter((port) => Value.Check(VlanPort, port))
    .filter(({ ifname }) => names.includes(ifname) && !except.includes(ifname))
    .filter(({ vlans }) =>
      vlans.some(({ vlan: first, vlanEnd = first }) => first <= vlan && vlan <= vlanEnd),
    )
    .map(({ ifname }) => ifname);
}
