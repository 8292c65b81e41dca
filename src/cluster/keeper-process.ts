/** The keeper as a process: `node keeper-process.ts KEEPER.JSON`; started by the agent (keeper-link.ts), which it outlives. */
import { Keeper } from "./keeper.ts";

const [orders] = process.argv.slice(2);
if (orders === undefined) throw new Error("usage: keeper-process.ts KEEPER.JSON");
using keeper = new Keeper(orders, (line) => {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
});
// A signal may be meant for the agent: as long as there is a guest to guard, this stays.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
  process.on(signal, () => keeper.leaveWhenUnneeded());
}
await keeper.run();
