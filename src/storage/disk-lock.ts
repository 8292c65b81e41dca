/** Ferry's own lock on a disk, held by host and generation. */

/** Who this host is in a lock. */
export interface LockOwner {
  readonly host: string;
  /** Null before the host belongs to a domain. */
  readonly domain: string | null;
}
