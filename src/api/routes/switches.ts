/** Virtual switches of this host. */
import Type from "typebox";
import { Name } from "../../vm/definition.ts";
import { HostQuery } from "../schema/scope.ts";
import { SwitchCreate, SwitchList, VirtualSwitch } from "../schema/switch.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, created, done } from "./answers.ts";

export function switchRoutes(app: ApiServer, { switches, vms, events }: Services): void {
  app.get(
    "/v1/switches",
    {
      schema: {
        operationId: "listSwitches",
        summary: "The host's virtual switches",
        querystring: HostQuery,
        response: answers(SwitchList),
      },
    },
    async () => ({ switches: switches.list().map(({ name, bridge }) => ({ name, bridge })) }),
  );
  app.post(
    "/v1/switches",
    {
      schema: {
        operationId: "createSwitch",
        summary: "Give a bridge a name that VMs are connected by",
        querystring: HostQuery,
        body: SwitchCreate,
        response: created(VirtualSwitch),
      },
    },
    async (request, reply) => {
      const { name, bridge } = await switches.add(request.body.name, request.body.bridge);
      events.publish("switch.created", name, { name, bridge });
      return reply.code(201).send({ name, bridge });
    },
  );
  app.delete(
    "/v1/switches/:switch",
    {
      schema: {
        operationId: "deleteSwitch",
        summary: "Forget a virtual switch; its bridge stays",
        params: Type.Object({ switch: Name }),
        querystring: HostQuery,
        response: done,
      },
    },
    async (request, reply) => {
      const { name } = switches.get(request.params.switch);
      switches.remove(name, vms.usingSwitch(name));
      events.publish("switch.deleted", name, { name });
      return reply.code(204).send(null);
    },
  );
}
