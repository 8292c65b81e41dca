/** A bandwidth limit with times of day: what people set, and what holds at a moment. Pure. */
import Type from "typebox";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** With less, memory changes faster than it is sent. Null: no limit. */
const Rate = nullable(Type.Integer({ minimum: 1_000_000 }));
/** `HH:MM`, the host's local time. */
const TimeOfDay = Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" });

export const BandwidthWindow = Type.Object(
  {
    from: TimeOfDay,
    /** Excluded. Earlier than `from`: on the next day. */
    to: TimeOfDay,
    bytesPerSecond: Rate,
  },
  strict,
);
export type BandwidthWindow = Type.Static<typeof BandwidthWindow>;

export const BandwidthLimit = Type.Object(
  {
    /** Whenever no window says otherwise. */
    bytesPerSecond: Rate,
    /** At most one an hour. */
    windows: Type.Array(BandwidthWindow, { maxItems: 24 }),
  },
  strict,
);
export type BandwidthLimit = Type.Static<typeof BandwidthLimit>;

const minutesPerDay = 24 * 60;

/** The limit that holds `minute` minutes after midnight, bytes per second; null: none. */
export function bandwidthAt(limit: BandwidthLimit, minute: number): number | null {
  const window = limit.windows.find((candidate) => covers(candidate, minute));
  return window === undefined ? limit.bytesPerSecond : window.bytesPerSecond;
}

/** Two windows that overlap would leave it to chance which holds. */
export function windowFaults(setting: string, { windows }: BandwidthLimit): string[] {
  const name = ({ from, to }: BandwidthWindow): string => `${from}-${to}`;
  return windows.flatMap((window, index) => {
    if (window.from === window.to) return [`${setting}: window ${name(window)} is empty`];
    return windows
      .slice(0, index)
      .filter((other) => overlap(window, other))
      .map((other) => `${setting}: windows ${name(other)} and ${name(window)} overlap`);
  });
}

function covers({ from, to }: BandwidthWindow, minute: number): boolean {
  return since(minuteOf(from), minute) < since(minuteOf(from), minuteOf(to));
}

/** Two stretches of a circle overlap exactly when one begins inside the other. */
function overlap(a: BandwidthWindow, b: BandwidthWindow): boolean {
  return covers(a, minuteOf(b.from)) || covers(b, minuteOf(a.from));
}

/** Minutes from `start` to `minute`, round the clock. */
function since(start: number, minute: number): number {
  return (minute - start + minutesPerDay) % minutesPerDay;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
