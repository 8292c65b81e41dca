/** The OpenAPI document of the routes as they are, without an agent behind them. */
import { readFileSync } from "node:fs";
import { pino } from "pino";
import { createServer } from "./server.ts";
import type { Services } from "./services.ts";

export async function describeApi(): Promise<object> {
  const file = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  // Routes only hand their services on to handlers, and no handler runs here.
  const services = { self: { name: "", version, startedAt: 0 } } as Services;
  const app = await createServer(services, pino({ level: "silent" }));
  try {
    return app.document();
  } finally {
    await app.close();
  }
}
