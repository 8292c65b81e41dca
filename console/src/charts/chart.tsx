/** A chart over time that takes new points without rendering its page: uPlot on a canvas, with a text for who sees none. */
import { makeStyles, Text, tokens, webLightTheme } from "@fluentui/react-components";
import { useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { byteBase, timeOfDay } from "../preferences/format.ts";
import { useIsDark } from "../preferences/theme.ts";

export interface ChartLine {
  readonly label: string;
  /** Light and dark theme: each with contrast 3:1 on its background. */
  readonly colors: readonly [light: string, dark: string];
  readonly fills?: boolean;
}

/** Times in seconds since the epoch, then one array a line; null where there is no value. */
export type ChartData = readonly [readonly number[], ...(readonly (number | null)[])[]];

export const chartColors = {
  blue: ["#0f6cbd", "#479ef5"],
  orange: ["#bc4b09", "#e9835e"],
  green: ["#0e700e", "#54b054"],
  purple: ["#5c2e91", "#a883d6"],
} as const satisfies Record<string, readonly [string, string]>;

const height = 180;
/** As the page has it: a canvas does not inherit. */
const font = `12px ${webLightTheme.fontFamilyBase}`;

const useStyles = makeStyles({
  chart: { display: "grid", gap: tokens.spacingVerticalXS, minWidth: 0 },
  legend: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalL },
  mark: {
    display: "inline-block",
    width: "12px",
    height: "3px",
    borderRadius: "2px",
    verticalAlign: "middle",
    marginInlineEnd: tokens.spacingHorizontalXS,
  },
  place: { height: `${height}px`, minWidth: 0, overflow: "hidden" },
});

/** Steps between the lines of a scale: round numbers of the unit they are written in. */
function scaleSteps(base: number): number[] {
  return Array.from({ length: 6 }, (_, power) =>
    [1, 2, 5, 10, 20, 50, 100, 200, base / 2].map((count) => count * base ** power),
  ).flat();
}

interface ChartProps {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  readonly read: () => ChartData;
  /** Calls back when `read` would give something new; returns how to stop that. */
  readonly subscribe: (listener: () => void) => () => void;
}

export function Chart({ title, lines, format, read, subscribe }: ChartProps) {
  const styles = useStyles();
  const place = useRef<HTMLDivElement>(null);
  const isDark = useIsDark();
  useEffect(() => {
    const target = place.current;
    if (target === null) return undefined;
    const plot = new UPlot(
      optionsOf(lines, format, isDark, target.clientWidth),
      read() as unknown as UPlot.AlignedData,
      target,
    );
    let frame: number | undefined;
    // At most once a frame, however many points come.
    const draw = () => {
      frame ??= requestAnimationFrame(() => {
        frame = undefined;
        plot.setData(read() as unknown as UPlot.AlignedData);
      });
    };
    const stop = subscribe(draw);
    const resized = new ResizeObserver(() => plot.setSize({ width: target.clientWidth, height }));
    resized.observe(target);
    return () => {
      stop();
      resized.disconnect();
      if (frame !== undefined) cancelAnimationFrame(frame);
      plot.destroy();
    };
  }, [lines, format, isDark, read, subscribe]);
  return (
    <figure className={styles.chart} style={{ margin: 0 }}>
      <Text as="span" weight="semibold">
        {title}
      </Text>
      <div className={styles.legend}>
        {lines.map(({ label, colors }) => (
          <Text key={label} size={200}>
            <span className={styles.mark} style={{ backgroundColor: colors[isDark ? 1 : 0] }} />
            {label}
          </Text>
        ))}
      </div>
      <div ref={place} className={styles.place} role="img" aria-label={`Chart: ${title}`} />
    </figure>
  );
}

function optionsOf(
  lines: readonly ChartLine[],
  format: (value: number) => string,
  isDark: boolean,
  width: number,
): UPlot.Options {
  const ink = isDark ? "#d6d6d6" : "#424242";
  const grid = { stroke: isDark ? "#3d3d3d" : "#e0e0e0", width: 1 };
  return {
    ...{ width, height, legend: { show: false }, cursor: { drag: { x: false, y: false } } },
    // Room for the half of the last time that stands beyond its mark.
    padding: [null, 32, null, null],
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(high, 1) * 1.05] } },
    axes: [
      {
        ...{ stroke: ink, grid, ticks: grid, font, space: 90, size: 30 },
        values: (_plot, values) => values.map((seconds) => timeOfDay(seconds * 1000)),
      },
      {
        ...{ stroke: ink, grid, ticks: grid, font, size: 86, incrs: scaleSteps(byteBase()) },
        values: (_plot, values) => values.map(format),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colors, fills }) => ({
        label,
        stroke: colors[isDark ? 1 : 0],
        width: 2,
        points: { show: false },
        ...(fills === true && { fill: `${colors[isDark ? 1 : 0]}26` }),
      })),
    ],
  };
}
