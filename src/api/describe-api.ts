/** The OpenAPI document of the routes as they are, without an agent behind them. */
import { pino } from "pino";
import { ferryVersion } from "../base/ferry-version.ts";
import { createServer } from "./server.ts";
import type { Services } from "./services.ts";

export async function describeApi(): Promise<object> {
  // Routes only hand their services on to handlers, and no handler runs here.
  const services = { self: { name: "", version: ferryVersion(), startedAt: 0 } } as Services;
  const app = await createServer(services, pino({ level: "silent" }));
  try {
    return app.document();
  } finally {
    await app.close();
  }
}
