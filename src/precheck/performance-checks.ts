/** Whether memory can cross as the move or its host wants. */
import { commonRdmaAddress } from "../network/rdma-address.ts";
import type { Check, CheckInput, Trouble } from "./check.ts";

export const performanceChecks: readonly Check[] = [
  {
    id: "performance-option",
    title: "Both hosts have what the performance option needs",
    compares: "The move's performance option, or its host's, against the devices of both hosts",
    severity: "blocking",
    remedy: "Move with another option: --performance compression, or multichannel",
    look(input) {
      return wantsRdma(input) ? rdmaTroubles(input) : [];
    },
  },
  {
    id: "rdma-in-the-clear",
    title: "The guest's memory crosses encrypted",
    compares: "The move's performance option, or its host's",
    severity: "warning",
    remedy:
      "Use RDMA only in a network that is the hosts' own, or move with --performance compression",
    look(input) {
      if (!wantsRdma(input)) return [];
      const message =
        "Memory goes over RDMA as it is, between the two QEMUs: whoever is in that network can read and change it";
      return [{ on: "source", message }];
    },
  },
];

function wantsRdma({ options, source }: CheckInput): boolean {
  return (options.performance ?? source.performanceOption) === "rdma";
}

function rdmaTroubles(input: CheckInput): Trouble[] {
  const { source, target, options } = input;
  const hosts = [
    { on: "source", facts: source },
    { on: "target", facts: target },
  ] as const;
  const without = hosts.flatMap(({ on, facts }): Trouble[] => {
    const { host, rdmaDevices, rdmaAddresses = [] } = facts;
    if (rdmaAddresses.length > 0) return [];
    if (rdmaDevices.length === 0) {
      const message = `"${host}" has no RDMA device, performance option "rdma" needs one on both hosts`;
      return [{ on, message, remedy: otherOption }];
    }
    const message = `"${host}" has RDMA devices ${rdmaDevices.join(", ")}, none with a link and an address in its migration networks`;
    return [{ on, message, remedy: giveAddress }];
  });
  if (without.length > 0) return without;
  const troubles: Trouble[] = [];
  const [ours = [], theirs = []] = [source.rdmaAddresses, target.rdmaAddresses];
  if (commonRdmaAddress(theirs, ours) === undefined) {
    const message = `For RDMA "${source.host}" has ${ours.join(", ")} and "${target.host}" has ${theirs.join(", ")}, wanted are two in one subnet`;
    troubles.push({ on: "target", message, remedy: giveAddress });
  }
  if ((options.convergencePolicy ?? source.convergencePolicy) === "post-copy") {
    const message =
      "Convergence policy post-copy needs the hosts' session, which memory over RDMA goes past";
    troubles.push({
      on: "source",
      message,
      remedy: "Move with --convergence balanced, or with --performance compression",
    });
  }
  return troubles;
}

const giveAddress =
  "Give both hosts' RDMA ports addresses in one subnet and let moves use it (ferry host network add), or move with --performance compression";
const otherOption = "Move with another option: --performance compression, or multichannel";
