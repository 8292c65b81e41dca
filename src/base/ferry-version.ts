/** Ferry's version, as package.json says; two folders above, both for this file and for what it is packed into (packaging/pack-config.ts). */
import { readFileSync } from "node:fs";

export function ferryVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
