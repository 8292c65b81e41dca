/** Listening on one port of a range, the same on every address. */
import { once } from "node:events";
import type { Server } from "node:tls";
import { FerryError } from "../base/errors.ts";

export interface PortRange {
  readonly addresses: readonly string[];
  readonly portFirst: number;
  readonly portLast: number;
}

/** @throws FerryError `in-use` when no port of the range is free, `system-refused` when it may not listen */
export async function listenOnFreePort(
  create: () => Server,
  range: PortRange,
): Promise<{ servers: Server[]; port: number }> {
  for (let port = range.portFirst; port <= range.portLast; port++) {
    const servers = await listenOnPort(create, range.addresses, port);
    if (servers !== undefined) return { servers, port };
  }
  throw new FerryError(
    "in-use",
    `Cannot listen for a session: every port from ${range.portFirst} to ${range.portLast} is taken`,
    { remedy: "Widen session.portFirst to session.portLast, or wait for a move to end" },
  );
}

/** Undefined where another program or session has the port. */
async function listenOnPort(
  create: () => Server,
  addresses: readonly string[],
  port: number,
): Promise<Server[] | undefined> {
  const servers: Server[] = [];
  for (const address of addresses) {
    const server = create();
    try {
      server.listen({ host: address, port, exclusive: true });
      await once(server, "listening");
      servers.push(server);
    } catch (cause) {
      for (const each of servers) each.close();
      if ((cause as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
      throw new FerryError("system-refused", `Cannot listen on "${address}" port ${port}`, {
        remedy: "Check that the address is this host's",
        cause,
      });
    }
  }
  return servers;
}
