/** What the keeper is given and what it and the agent say to each other, a line of JSON each. Pure. */
import Type from "typebox";
import Value from "typebox/value";

/** `keeper.json`: everything the keeper needs to hold the lease without the agent. Secret: it has this host's key. */
export const KeeperOrders = Type.Object({
  cluster: Type.String(),
  host: Type.String(),
  incarnation: Type.Integer({ minimum: 1 }),
  leaseMs: Type.Number(),
  endpoints: Type.Array(Type.String()),
  ca: Type.String(),
  cert: Type.String(),
  key: Type.String(),
  /** The agent's database, to know whose QEMUs to end. */
  database: Type.String(),
  socket: Type.String(),
  /** A watchdog device that resets the machine unless it is touched; null: none. */
  watchdog: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export type KeeperOrders = Type.Static<typeof KeeperOrders>;

export const FromKeeper = Type.Object({
  incarnation: Type.Integer(),
  /** Of the latest acknowledged beat, on the machine's boot clock; null before the first. */
  sentAtMs: Type.Union([Type.Number(), Type.Null()]),
  leaseMs: Type.Number(),
  dead: Type.Boolean(),
  /** Why the latest beat was not acknowledged; null when it was. */
  trouble: Type.Union([Type.String(), Type.Null()]),
});
export type FromKeeper = Type.Static<typeof FromKeeper>;

export const ToKeeper = Type.Union([
  /** All others consented (consent.ts), asked at that moment. */
  Type.Object({ type: Type.Literal("extend"), sentAtMs: Type.Number() }),
  /** The orders were written anew. */
  Type.Object({ type: Type.Literal("reload") }),
  Type.Object({ type: Type.Literal("stop") }),
]);
export type ToKeeper = Type.Static<typeof ToKeeper>;

/** Undefined for a line that is none. */
export function readLine<Schema extends Type.TSchema>(
  schema: Schema,
  line: string,
): Type.Static<Schema> | undefined {
  try {
    const said: unknown = JSON.parse(line);
    return Value.Check(schema, said) ? said : undefined;
  } catch {
    return undefined;
  }
}
