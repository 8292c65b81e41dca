/** Processors as text: what a guest sees and where it can go, and what hosts have in common. Pure. */
import type { Baseline, VmCpu } from "../../api/schema/cpu.ts";
import { formatCount } from "../../base/format.ts";
import { printableLine } from "../printable.ts";
import { plain, type Style } from "../style.ts";
import { type Column, renderFields, renderTable } from "../table.ts";

type Place = VmCpu["hosts"][number];

const columns: readonly Column<Place>[] = [
  { title: "host", text: ({ host }) => host },
  {
    title: "can go there",
    text: ({ possible }) => (possible === null ? "unknown" : possible ? "yes" : "no"),
    style: ({ possible }) => (possible === null ? "yellow" : possible ? "green" : "red"),
  },
  { title: "reason", text: ({ reasons }) => reasons.join("; ") },
];

export function renderVmCpu(cpu: VmCpu, style: Style = plain): string {
  return [
    renderFields([
      ["vm", `${cpu.vm} on ${cpu.host}`],
      ["model", `${cpu.model}: ${cpu.explanation}`],
      ["runs under", cpu.accelerator === "kvm" ? "KVM" : "emulation (TCG)"],
      [
        "the guest sees",
        `${formatCount(cpu.features.length, "feature")}: ${cpu.features.join(" ")}`,
      ],
    ]),
    "",
    cpu.hosts.length === 0
      ? "The domain has no other host"
      : renderTable(columns, cpu.hosts, style),
  ].join("\n");
}

export function renderBaseline(baseline: Baseline, style: Style = plain): string {
  const { hosts, model, level, features, common, beyond, apart } = baseline;
  const lacks = beyond.flatMap(({ model: name, lacking }) =>
    lacking.map(
      ({ host, missing }) =>
        `${name} is not possible on ${host}: ${missing.length === 0 ? "its QEMU does not know it" : `it lacks ${missing.join(", ")}`}`,
    ),
  );
  const offer =
    model === null
      ? ["No model can be had on all of them"]
      : [
          renderFields([
            ["hosts", hosts.join(", ")],
            ["greatest model", `${model} (${formatCount(features.length, "feature")})`],
            ["highest level", level ?? "none"],
            ["in common", `${formatCount(common.length, "feature")}: ${common.join(" ")}`],
          ]),
          "",
          `A new VM:     ferry vm create NAME --cpu-model ${model}`,
          `One you have: ferry vm set NAME --cpu-model ${model}, when it is stopped`,
        ];
  return [
    ...offer,
    ...lacks.map((line) => printableLine(line)),
    ...apart.map(({ host, reason }) => {
      const line = printableLine(`No live move between ${host} and the first: ${reason}`);
      return style("yellow", line);
    }),
  ].join("\n");
}
