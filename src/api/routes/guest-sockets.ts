/**
 * A VM's screen and its serial console, as websockets (src/api/guest-sockets.ts takes them). These routes are what is
 * documented, and what answers who asks without one.
 */
import Type from "typebox";
import { FerryError } from "../../base/errors.ts";
import { Name } from "../../vm/definition.ts";
import { SerialQuery, SerialStart } from "../schema/serial.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import { orError } from "./answers.ts";

const Params = Type.Object({ vm: Name });

export function guestSocketRoutes(app: ApiServer): void {
  app.get(
    "/v1/vms/:vm/screen",
    {
      config: { locate: "vm-in-path" },
      schema: {
        operationId: "openScreen",
        summary: "A VM's screen, keyboard and pointer: a websocket that speaks RFB, as VNC does",
        params: Params,
        querystring: HostQuery,
        produces: { "application/octet-stream": Type.String() },
        response: orError,
      },
    },
    () => refuse(),
  );
  app.get(
    "/v1/vms/:vm/serial",
    {
      config: { locate: "vm-in-path" },
      schema: {
        operationId: "openSerial",
        summary:
          "A VM's serial console: a websocket whose first message is a SerialStart, then bytes both ways",
        params: Params,
        querystring: SerialQuery,
        produces: { "application/octet-stream": SerialStart },
        response: orError,
      },
    },
    () => refuse(),
  );
}

async function refuse(): Promise<never> {
  throw new FerryError("bad-input", "Cannot answer: this route is a websocket", {
    remedy: "Connect with a websocket client, or open the VM's page in the console (ferry console)",
  });
}
