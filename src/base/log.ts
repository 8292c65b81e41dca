/** The structured log: one JSON object a line on standard output, for journald. Never a secret, never guest data. */
import { pino, type Logger } from "pino";

export type Log = Logger;

export function createLog(level: string, host: string): Log {
  return pino({ level, base: { host }, redact: ["token", "secret", "*.token", "*.secret"] });
}
