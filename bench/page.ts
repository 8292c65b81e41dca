/** Writes docs/benchmark.md and its pictures from the results kept. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cellName, links, subjects, workloads } from "./cells.ts";
import { barChart } from "./chart.ts";
import { newestOfEachCell, readResults, type ResultFile } from "./results.ts";
import { median, type Sample } from "./sample.ts";

const documents = join(import.meta.dirname, "../docs");
const MB = 1e6;

const introduction = `<!-- Made by bench/page.ts from docs/benchmark/*.json: npm run bench -- --page -->
# Benchmark

Ferry beside QEMU alone and libvirt: the same guest, the same QEMU, the same link, everything on one machine, each run measuring all of a cell's subjects in an order
of its own. \`npm run bench\` repeats it; the raw figures are in [benchmark/](benchmark/). Compare figures of one table only: both hosts, all guests and the client
share the machine's cores, and guests are emulated.

- *wall*: from the command (\`ferry move\`, \`virsh migrate --live --p2p\`) until the guest runs on the target and the source is done. QEMU alone has no command that
  sets a target up.
- *memory*: from the start of the memory's transfer until the guest runs on the target.
- *gap*: the longest silence that a client outside heard, which gets a line from the guest every millisecond.
- *wire*: bytes that the source host's network interfaces sent for the move. *CPU*: seconds of both agents (or both libvirtds), and of both QEMUs, the guest's own work
  included.
- Medians, and in brackets the smallest and largest of the runs. *qemu default* is QEMU as it comes; *plain*, *multifd* (2 channels), *multifd+zstd* and *xbzrle*
  (256 MiB) are tuned: no limit on bandwidth, return path, and the blackout limit that Ferry begins with, 20 ms.
- Ferry always encrypts, with TLS 1.3. QEMU and libvirt do not unless they are told to; *+tls* are QEMU's multifd encrypted, with a key that both ends know.
`;

export async function writePage(): Promise<void> {
  const files = await readResults();
  const cells = newestOfEachCell(files);
  await mkdir(join(documents, "benchmark"), { recursive: true });
  const sections: string[] = [];
  for (const workload of workloads) {
    for (const link of links) {
      const name = cellName({ workload, link });
      const samples = cells.get(name);
      const file = files.findLast((each) => each.samples.some(({ cell }) => cell === name));
      if (samples === undefined || file === undefined) continue;
      const picture = `${name.replaceAll(/[^a-z0-9]+/g, "-")}.svg`;
      await writeFile(join(documents, "benchmark", picture), chart(name, samples));
      sections.push(section(name, workload.title, samples, file, picture));
    }
  }
  await writeFile(join(documents, "benchmark.md"), `${introduction}\n${sections.join("\n")}`);
}

function section(
  name: string,
  title: string,
  samples: readonly Sample[],
  { at, qemu, node, cpu }: ResultFile,
  picture: string,
): string {
  const rows = measured(samples).map(([subject, own]) => row(subject, own));
  return `## ${name}

Guest of ${memoryOf(name)} MiB with ${title}. ${at.slice(0, 10)}, QEMU ${qemu}, Node ${node}, ${cpu}.

| subject | runs | wall ms | memory ms | gap ms | reported blackout ms | wire MB | CPU s agents | CPU s QEMUs |
|---|---|---|---|---|---|---|---|---|
${rows.join("\n")}

![memory time of ${name}](benchmark/${picture})
`;
}

function row(subject: string, samples: readonly Sample[]): string {
  const done = samples.filter(({ finished }) => finished);
  const lost = samples.length - done.length;
  const cells = [
    subject,
    lost === 0 ? String(done.length) : `${done.length}, ${lost} did not get across`,
    spread(done.map(({ wallMs }) => wallMs)),
    spread(done.map(({ memoryMs }) => memoryMs)),
    spread(done.map(({ clientGapMs }) => clientGapMs)),
    spread(done.map(({ reportedBlackoutMs }) => reportedBlackoutMs)),
    spread(done.map(({ wireBytes }) => wireBytes / MB)),
    spread(
      done.map(({ managementCpuSeconds }) => managementCpuSeconds),
      2,
    ),
    spread(
      done.map(({ qemuCpuSeconds }) => qemuCpuSeconds),
      2,
    ),
  ];
  return `| ${cells.join(" | ")} |`;
}

function chart(name: string, samples: readonly Sample[]): string {
  const bars = measured(samples).flatMap(([label, own]) => {
    const times = own.flatMap((sample) => sample.memoryMs ?? sample.wallMs ?? []);
    if (times.length === 0) return [];
    const value = median(times);
    const what = own[0]?.memoryMs === null ? " (wall)" : "";
    const range = [Math.min(...times), Math.max(...times)] as const;
    return [
      {
        label,
        value,
        range,
        note: `${Math.round(value)} ms${what}`,
        own: label.startsWith("ferry"),
      },
    ];
  });
  return barChart(`${name}: time of the memory's transfer`, bars);
}

/** In the order of the list of subjects. */
function measured(samples: readonly Sample[]): Array<[string, readonly Sample[]]> {
  return subjects.flatMap(({ name }): Array<[string, readonly Sample[]]> => {
    const own = samples.filter(({ subject }) => subject === name);
    return own.length === 0 ? [] : [[name, own]];
  });
}

function memoryOf(cell: string): number {
  return workloads.find(({ name }) => cell.startsWith(`${name}@`))?.memoryMib ?? 0;
}

function spread(values: ReadonlyArray<number | null>, digits = 0): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return "–";
  const shown = [median(known), Math.min(...known), Math.max(...known)].map((value) =>
    value.toFixed(digits),
  );
  return `${shown[0]} (${shown[1]}–${shown[2]})`;
}
