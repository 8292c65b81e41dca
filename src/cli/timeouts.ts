/** How long a command waits for an answer where the client's usual deadline (src/api/client.ts) is too short; milliseconds. */

/** Importing a disk copies and converts it before the answer: terabytes from a slow share may take a working day. */
export const importTimeoutMs = 12 * 3_600_000;

/** Checks ask both hosts and try storage out; a share that hangs holds them up until its own limit. */
export const checkTimeoutMs = 120_000;

/** What a guest gets to shut down in, when nobody says: the agent's own default. */
export const shutdownMsDefault = 60_000;

/** Beyond the guest's own time: for QEMU to end, locks to be given back, and the answer. */
export const shutdownMarginMs = 60_000;
