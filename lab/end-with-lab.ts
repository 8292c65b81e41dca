/** A program that is told to end takes its lab down first: guests and agents would go on without it. */
import { Lab } from "./lab.ts";

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export function endWithLab(name: string): void {
  for (const [signal, code] of Object.entries(exitCodes)) {
    process.once(signal, () => void Lab.down(name).finally(() => process.exit(code)));
  }
}
