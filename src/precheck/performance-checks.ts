/** Whether memory can cross as the move or its host wants. */
import type { Check, CheckInput, Trouble } from "./check.ts";

export const performanceChecks: readonly Check[] = [
  {
    id: "performance-option",
    title: "Both hosts have what the performance option needs",
    compares: "The move's performance option, or its host's, against the devices of both hosts",
    severity: "blocking",
    remedy: "Move with another option: --performance compression, or multichannel",
    look(input) {
      const wanted = input.options.performance ?? input.source.performanceOption;
      return wanted === "rdma" ? rdmaTroubles(input) : [];
    },
  },
];

function rdmaTroubles({ source, target }: CheckInput): Trouble[] {
  const hosts = [
    { on: "source", facts: source },
    { on: "target", facts: target },
  ] as const;
  const without = hosts.flatMap(({ on, facts }): Trouble[] => {
    if (facts.rdmaDevices.length > 0) return [];
    const message = `"${facts.host}" has no RDMA device, performance option "rdma" needs one on both hosts`;
    return [{ on, severity: "blocking", message, remedy: otherOption }];
  });
  if (without.length > 0) return without;
  // The devices alone are not enough: memory would go past the session, and nothing carries it there yet.
  const message = `This Ferry does not move memory over RDMA yet, "${source.host}" and "${target.host}" have devices for it`;
  return [{ on: "source", severity: "blocking", message, remedy: otherOption }];
}

const otherOption = "Move with another option: --performance compression, or multichannel";
