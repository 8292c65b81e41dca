/** Whether a guest that writes faster than the link can be treated as the move's policy says. */
import type { Check, CheckInput, Trouble } from "./check.ts";
import { movingDisks } from "./place-disks.ts";

const otherPolicy = "Move with another policy: --convergence balanced, or certain";

export const convergenceChecks: readonly Check[] = [
  {
    id: "post-copy",
    title: "The guest can go on at the target before all of its memory is there",
    compares:
      "Policy post-copy against what the target's QEMU may do (userfaultfd), the disks that move, and --verify",
    severity: "blocking",
    remedy: otherPolicy,
    look(input) {
      return policyOf(input) === "post-copy" ? [...possible(input), ...combined(input)] : [];
    },
  },
  {
    id: "post-copy-risk",
    title: "The VM cannot be lost by the failure of one host",
    compares: "The move's policy: with post-copy the guest's memory is on two hosts for a while",
    severity: "warning",
    remedy: otherPolicy,
    look(input) {
      if (policyOf(input) !== "post-copy") return [];
      const { source, target } = input;
      return [
        {
          on: "source",
          message:
            `Policy post-copy: once the rounds stop paying, the guest goes on at "${target.host}" while part of its memory is ` +
            `still on "${source.host}"; until the last page has crossed, the failure of either host's machine or QEMU loses the VM ` +
            "as if its power cord were pulled, and so may an agent that dies or a link that is gone for more than a minute",
        },
      ];
    },
  },
];

function policyOf({ options, source }: CheckInput) {
  return options.convergencePolicy ?? source.convergencePolicy ?? "balanced";
}

function possible({ target }: CheckInput): Trouble[] {
  const { postCopy } = target;
  if (postCopy === null) return [];
  if (postCopy === undefined) {
    const message = `Ferry ${target.ferryVersion} on "${target.host}" knows no post-copy`;
    return [{ on: "target", message, remedy: `Upgrade Ferry on "${target.host}"` }];
  }
  const message = `QEMU on "${target.host}" cannot fetch pages that a guest misses: ${postCopy.present}`;
  return [{ on: "target", message, remedy: `On "${target.host}": ${postCopy.remedy}` }];
}

/** What would need the guest to stand still until everything is there. */
function combined(input: CheckInput): Trouble[] {
  const troubles: Trouble[] = [];
  const disks = movingDisks(input);
  if (disks.length > 0) {
    const names = disks.map(({ disk }) => disk.name).join(", ");
    const message = `Disks that move with the VM (${names}) do not go together with policy post-copy`;
    troubles.push({ on: "source", message });
  }
  if (input.options.verifyMemory === true) {
    const message =
      "Memory cannot be compared (--verify) where the guest goes on before all of it is there";
    troubles.push({ on: "source", message, remedy: "Leave out --verify, or post-copy" });
  }
  return troubles;
}
