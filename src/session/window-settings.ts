/** The bounds of a send window, out of a session's. A lane begins with what all lanes are expected to carry together: each may turn out to be the fastest. */
import { windowBytesMin } from "./limits.ts";
import type { SessionLimits } from "./options.ts";
import type { WindowSettings } from "./send-window.ts";

export function windowSettings(limits: SessionLimits): WindowSettings {
  const { drainMs, inFlightBytesMax: bytesMax, expectedBytesPerSecond } = limits;
  const expectedRate = expectedBytesPerSecond / 1000;
  return { drainMs, bytesMin: windowBytesMin, bytesMax, expectedRate };
}
