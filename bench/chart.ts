/** Bars as an SVG picture, for documents: readable in light and dark, without a library and without a script. Pure. */

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Smallest and largest of the runs. */
  readonly range: readonly [number, number];
  readonly note: string;
  readonly own: boolean;
}

const width = 760;
const labelWidth = 170;
const noteWidth = 130;
const barHeight = 20;
const gap = 8;
const top = 34;

export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ range, value }) => Math.max(range[1], value)), 1);
  const scale = (width - labelWidth - noteWidth) / most;
  const height = top + bars.length * (barHeight + gap) + gap;
  const rows = bars.map((bar, index) => row(bar, top + index * (barHeight + gap), scale));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 } .own { fill: #0f6cbd } .peer { fill: #8a8886 } .range { stroke: #1f2328 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .own { fill: #479ef5 } .peer { fill: #797775 } .range { stroke: #e6edf3 } }
</style>
<text class="title" x="0" y="18">${escaped(title)}</text>
${rows.join("\n")}
</svg>
`;
}

function row({ label, value, range, note, own }: Bar, y: number, scale: number): string {
  const middle = y + barHeight / 2;
  const [from, to] = range.map((edge) => labelWidth + edge * scale);
  const end = labelWidth + Math.max(value, range[1]) * scale;
  return [
    `<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>`,
    `<rect class="${own ? "own" : "peer"}" x="${labelWidth}" y="${y}" width="${tenths(value * scale)}" height="${barHeight}" rx="2"/>`,
    `<line class="range" x1="${tenths(from ?? 0)}" x2="${tenths(to ?? 0)}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${tenths(end + 8)}" y="${middle + 4}">${escaped(note)}</text>`,
  ].join("");
}

function tenths(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
