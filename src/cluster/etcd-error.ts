/** What went wrong with etcd, in words for whoever runs the cluster; and whether a change may have been made all the same. */
import { FerryError } from "../base/errors.ts";

export class EtcdError extends FerryError {
  /** False: etcd certainly made no change. True: nobody knows; read before anything is concluded. */
  readonly isUncertain: boolean;
  /** True: etcd does not trust in how its members stand, and may in a few seconds. */
  readonly isUnsettled: boolean;

  constructor(
    code: "unreachable" | "peer-refused" | "system-refused" | "timeout",
    message: string,
    options: { remedy: string; cause?: unknown; isUncertain: boolean; isUnsettled?: boolean },
  ) {
    super(code, message, options);
    this.isUncertain = options.isUncertain;
    this.isUnsettled = options.isUnsettled ?? false;
  }
}

/** Whether a change that failed so may have been made. */
export function mayHaveHappened(error: unknown): boolean {
  return !(error instanceof EtcdError) || error.isUncertain;
}

export function noConnection(endpoint: string, cause: NodeJS.ErrnoException): EtcdError {
  const code = cause.code ?? "";
  if (/CERT|SIGNATURE|ISSUER|SSL|TLS|ALTNAME/.test(code)) {
    return new EtcdError(
      "peer-refused",
      `Cannot trust etcd at ${endpoint}, or it does not trust this host`,
      {
        remedy:
          "Its certificates and this host's must be of the same authority, and name the address; see: ferry cluster status",
        cause,
        isUncertain: false,
      },
    );
  }
  return new EtcdError("unreachable", `Cannot reach etcd at ${endpoint}`, {
    remedy:
      "See whether etcd runs there and its ports are open between the hosts: ferry cluster status",
    cause,
    // Refused before anything was sent; every other end of a connection may have come after.
    isUncertain: !["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND"].includes(code),
  });
}

export function noAnswer(endpoint: string, timeoutMs: number): EtcdError {
  return new EtcdError(
    "timeout",
    `Cannot wait longer for etcd at ${endpoint}: no answer in ${timeoutMs} ms`,
    {
      remedy:
        "Most often etcd has no quorum: more than half of its members must run and reach each other; see: ferry cluster status",
      isUncertain: true,
    },
  );
}

/** `said`: the gateway's own words. */
export function refusedByEtcd(endpoint: string, said: string): EtcdError {
  if (/no leader|timed out|leader changed|too many requests|stopped/i.test(said)) {
    return new EtcdError(
      "unreachable",
      `Cannot use etcd at ${endpoint}: it has no quorum (${said})`,
      {
        remedy:
          "More than half of its members must run and reach each other; see: ferry cluster status",
        isUncertain: !/no leader/i.test(said),
      },
    );
  }
  if (/unhealthy cluster|re-configuration failed/i.test(said)) {
    return new EtcdError(
      "system-refused",
      "Cannot change etcd's members now: with one of them down the rest would have no quorum",
      {
        remedy: "Bring that member back first, or let others catch up: ferry cluster status",
        isUncertain: false,
        isUnsettled: true,
      },
    );
  }
  return new EtcdError("system-refused", `Cannot use etcd at ${endpoint}: it says "${said}"`, {
    remedy: "See etcd's log on that host, and: ferry cluster status",
    isUncertain: false,
  });
}
