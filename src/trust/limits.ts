/** The times and bounds of trust, each with its reason. Durations in milliseconds. */
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A domain outlives its hosts; replacing its authority means joining every host again. */
export const authorityLifeMs = 20 * 365 * day;
/** Short enough that a lost key stops working by itself, long enough that a host may be off for weeks. */
export const certificateLifeMs = 90 * day;
/** Certificates begin this long ago, for hosts whose clocks run behind. */
export const backdateMs = hour;
/** A host renews when this part of its certificate's life is over: a month is left for trying. */
export const renewAtLifeFraction = 2 / 3;
/** After a renewal that failed. */
export const renewalRetryMs = hour;
/** Longest sleep of the renewal's timer: setTimeout counts 31 bits, and a suspended host's clock jumps. */
export const renewalSleepMsMax = 12 * hour;
export const joinTokenLifeMs = day;
/** Join tokens that may be outstanding: a person joins hosts by the dozen, a fault makes tokens without end. */
export const joinTokensMax = 256;
/** A join is one exchange on a network where an administrator waits. */
export const joinTimeoutMs = 15_000;
/** Largest answer to a join: two certificates and a roster of `rosterHostsMax` hosts. */
export const joinAnswerBytesMax = 2 * 1024 * 1024;
/** Hosts a roster may have: a few hundred are the design's aim, and a roster is read whole. */
export const rosterHostsMax = 1024;
export const rosterBytesMax = 1024 * 1024;
/** Domains a host may trust beside its own. */
export const trustedDomainsMax = 64;
