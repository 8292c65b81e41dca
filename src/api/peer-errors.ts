/** What goes wrong between two agents, in words that name the host. Pure. */
import { FerryError } from "../base/errors.ts";
import type { PeerAddress } from "./peer-directory.ts";

/** "Not trusted here" says nothing to a reader who does not know where. */
export function namingWho(peer: PeerAddress, error: unknown): unknown {
  if (!(error instanceof FerryError) || error.code !== "peer-refused") return error;
  return new FerryError("peer-refused", `Host "${peer.name}" refuses: ${error.message}`, {
    remedy: `On a host of its domain, unless they are one: ferry domain trust FILE, with what this prints here: ferry domain certificate`,
    cause: error,
  });
}

export function noUpgrade(peer: PeerAddress): FerryError {
  return new FerryError(
    "peer-protocol",
    `Cannot open a websocket on host "${peer.name}": it answers without one`,
    { remedy: "Install the same Ferry version on both hosts" },
  );
}

export const unreachableRemedy = {
  remedy: "Check that its agent runs and that the port is open between the hosts",
};

export function unreachable(peer: PeerAddress, cause: NodeJS.ErrnoException): FerryError {
  const where = `${peer.address} port ${peer.port}`;
  const code = cause.code ?? "";
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return new FerryError(
      "peer-refused",
      `Cannot trust what answers for host "${peer.name}" at ${where}: its certificate does not hold`,
      {
        remedy:
          "Compare the clocks of both hosts, and their domain's fingerprint: ferry domain show",
        cause,
      },
    );
  }
  return new FerryError("unreachable", `Cannot reach host "${peer.name}" at ${where}`, {
    ...unreachableRemedy,
    cause,
  });
}

export function tooLate(peer: PeerAddress, timeoutMs: number): FerryError {
  return new FerryError(
    "timeout",
    `Cannot wait longer for host "${peer.name}": no answer in ${timeoutMs} ms`,
    {
      remedy: "Look into the log of its agent: journalctl -u ferryd",
    },
  );
}
