/** How long the client waits for an answer, milliseconds. */

/** Agents answer within milliseconds; one that asks a host which is going away may take its ten seconds a few times. */
export const answerTimeoutMs = 30_000;

/** Importing a disk copies and converts it before the answer: terabytes from a slow share may take a working day. */
export const importTimeoutMs = 12 * 3_600_000;

/** Checks ask both hosts and try storage out; a share that hangs holds them up until its own limit. */
export const checkTimeoutMs = 120_000;
