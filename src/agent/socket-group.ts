/** The group that may use the local socket. */
import { FerryError } from "../base/errors.ts";
import { runProgram } from "../base/run-program.ts";

/** @throws FerryError `bad-input` when there is no such group. */
export async function socketGroupId(name: string | null): Promise<number | null> {
  if (name === null) return null;
  const entry = await runProgram("getent", ["group", name]).catch((cause: unknown) => {
    throw new FerryError(
      "bad-input",
      `Cannot give the socket to group "${name}": there is no such group`,
      {
        remedy: `Create it (groupadd --system ${name}), or set api.socketGroup in ferryd.yaml`,
        cause,
      },
    );
  });
  return Number(entry.split(":")[2]);
}
