/**
 * How long labs and tests wait for something before they call it hung. Nobody measures by it: it is far above what a starved
 * machine takes, so that a test fails because of what it claims and never because of what else the machine does.
 */
export const patienceMs = 180_000;
