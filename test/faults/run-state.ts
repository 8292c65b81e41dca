/** Asks a QEMU itself, over its second monitor, what it does. */
import { QmpClient } from "../../src/qemu/qmp-client.ts";
import { vmSockets } from "../../src/qemu/sockets.ts";

/** Undefined when no QEMU answers there. */
export async function runState(directory: string): Promise<string | undefined> {
  try {
    await using qmp = await QmpClient.connect(vmSockets(directory).qmpSpare, { timeoutMs: 2_000 });
    return (await qmp.execute<{ status: string }>("query-status", {}, { timeoutMs: 2_000 })).status;
  } catch {
    return undefined;
  }
}
