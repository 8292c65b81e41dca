/** Checks about the guest's own network: the same segment, frame size, VLANs and addresses on the target. */
import type { Check, Trouble } from "./check.ts";

export const switchChecks: readonly Check[] = [
  {
    id: "network-segment",
    title: "The target's switches are in the same network segments as the source's",
    compares: "Whether a frame sent out of the source's bridge arrives at the target's",
    severity: "blocking",
    remedy:
      "Connect the target's bridge to the network of the source's, or name another bridge for the switch",
    look({ definition, source, target, probesSent }) {
      if (probesSent !== true) return [];
      return ofSwitches(target.network?.bridges, (name, { probeSeen }) => {
        // A trunk need not carry frames without a tag: switches that the VM uses by VLAN alone are not judged by them.
        const untagged = definition.nics.some((nic) => nic.switch === name && nic.vlan === null);
        if (probeSeen !== false || !untagged) return [];
        const bridge = target.switches[name] ?? "";
        const message = `Frames from switch "${name}" of "${source.host}" do not arrive at "${target.host}" (${bridge}): the guest would be cut off`;
        return [{ on: "target", message }];
      });
    },
  },
  {
    id: "network-mtu",
    title: "The target's switches carry frames as large as the source's",
    compares: "The MTU of the bridges on both hosts",
    severity: "warning",
    remedy: "Set the MTU of the target's bridge and of its ports to the source's",
    look({ source, target }) {
      return ofSwitches(target.network?.bridges, (name, { mtu }) => {
        const here = source.network?.bridges[name]?.mtu ?? 0;
        if (mtu >= here) return [];
        const message = `Switch "${name}" carries ${mtu} bytes on "${target.host}", ${here} on "${source.host}": larger frames of the guest would be lost`;
        const remedy = `On "${target.host}": ip link set ${target.switches[name] ?? "BRIDGE"} mtu ${here}`;
        return [{ on: "target", message, remedy }];
      });
    },
  },
  {
    id: "network-vlan",
    title: "The target's switches carry the VM's VLANs",
    compares:
      "The VLANs of the VM's adapters against what the target's bridges filter and their ports carry",
    severity: "blocking",
    remedy:
      "Let the bridge filter VLANs (ip link set BRIDGE type bridge vlan_filtering 1), and its uplink carry them",
    look({ definition, target }) {
      return ofSwitches(target.network?.bridges, (name, { filtersVlans, uncarriedVlans }) => {
        const bridge = target.switches[name] ?? "BRIDGE";
        const wanted = definition.nics.find((nic) => nic.switch === name && nic.vlan !== null);
        if (wanted !== undefined && !filtersVlans) {
          const message = `Bridge ${bridge} of "${target.host}" does not filter VLANs, adapter "${wanted.name}" is in VLAN ${wanted.vlan}`;
          const remedy = `On "${target.host}": ip link set ${bridge} type bridge vlan_filtering 1`;
          return [{ on: "target", message, remedy }];
        }
        return uncarriedVlans.map((vlan) => ({
          on: "target" as const,
          severity: "warning" as const,
          message: `No uplink of switch "${name}" on "${target.host}" carries VLAN ${vlan}: the guest would be alone in it`,
          remedy: `On "${target.host}": bridge vlan add dev UPLINK vid ${vlan}`,
        }));
      });
    },
  },
  {
    id: "mac-unique",
    title: "No one else has the VM's MAC addresses",
    compares:
      "The VM's MAC addresses against the other VMs of both hosts, and against where the source's bridges see them",
    severity: "blocking",
    remedy: "Give one of the two VMs another MAC address",
    look({ definition, source, target, elsewhere = [] }) {
      const third = elsewhere.flatMap(({ host, definition: other }): Trouble[] => {
        if (host === target.host || other.id === definition.id) return [];
        const mac = other.nics.find((nic) =>
          definition.nics.some((own) => own.mac === nic.mac),
        )?.mac;
        if (mac === undefined) return [];
        const message = `VM "${other.name}" on "${host}" has MAC address ${mac} too`;
        const remedy = `Give one of the two another: ferry vm export ${other.name}, then ferry vm apply`;
        return [{ on: "source", severity: "warning", message, remedy }];
      });
      const users = (
        [
          ["source", source],
          ["target", target],
        ] as const
      ).flatMap(([on, facts]) =>
        Object.entries(facts.network?.macUsers ?? {}).map(
          ([mac, user]): Trouble => ({
            on,
            // On the source the guest lives with it already; on the target it would be news.
            severity: on === "source" ? "warning" : "blocking",
            message: `VM "${user}" on "${facts.host}" has MAC address ${mac} too`,
            remedy: `Give one of the two another: ferry vm export ${user}, then ferry vm apply`,
          }),
        ),
      );
      const seen = Object.entries(source.network?.macsSeenElsewhere ?? {}).map(
        ([mac, port]): Trouble => ({
          on: "source",
          severity: "warning",
          message: `"${source.host}" sees the VM's MAC address ${mac} behind port ${port}: something else in the network has it too`,
          remedy:
            "Find it there and give it another address; replies to the guest get lost until then",
        }),
      );
      return [...users, ...third, ...seen];
    },
  },
];

function ofSwitches<Facts>(
  bridges: Readonly<Record<string, Facts>> | undefined,
  look: (name: string, facts: Facts) => Trouble[],
): Trouble[] {
  return Object.entries(bridges ?? {}).flatMap(([name, facts]) => look(name, facts));
}
