/** VMs: of this host, or through it of the domain. */
import type { FastifyReply } from "fastify";
import { Readable } from "node:stream";
import Type from "typebox";
import { Name } from "../../vm/definition.ts";
import type { VmRecord } from "../../vm/vm-host.ts";
import { DomainVms } from "../domain-vms.ts";
import { WaitingQuestions } from "../wait-for-change.ts";
import { HostQuery } from "../schema/scope.ts";
import {
  type Vm,
  type VmAction,
  VmCreate,
  VmDeleteQuery,
  VmDocument,
  VmList,
  VmListQuery,
  VmMoveStorage,
  VmShutdown,
  VmUpgrade,
  Vm as VmSchema,
  vmActions,
} from "../schema/vm.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { accepted, answers, created, done } from "./answers.ts";
import { vmAnswer } from "./vm-answer.ts";

const Params = Type.Object({ vm: Name });
const config = { locate: "vm-in-path" } as const;

export function vmRoutes(app: ApiServer, services: Services): void {
  const { vms, self, drain, cluster } = services;
  const domainVms = new DomainVms(services);
  const answer = (record: VmRecord): Vm => vmAnswer(record, self.name);
  const ownVms = (): Vm[] => vms.list().map(answer);
  const waiting = new WaitingQuestions();
  const watched = {
    answer: () => ({ vms: ownVms(), unreachable: [] }),
    onChange: (listener: () => void) => vms.onChange(listener),
  };
  app.addHook("preClose", async () => waiting.end());
  app.addHook("onResponse", async ({ method, caller }) => {
    // Hosts tell each other at every beat that they live.
    if (method !== "GET" && caller?.kind !== "host") domainVms.doubt();
  });
  app.get(
    "/v1/vms",
    {
      schema: {
        operationId: "listVms",
        summary: "The VMs of this host or, with scope=domain, of every host",
        querystring: VmListQuery,
        response: answers(VmList),
      },
    },
    async (request, reply) => {
      if (request.query.scope === "domain") return sendJson(reply, await domainVms.list(ownVms()));
      await waiting.whileUnchanged(request, reply, watched);
      return watched.answer();
    },
  );
  app.post(
    "/v1/vms",
    {
      schema: {
        operationId: "createVm",
        summary: "Create a VM with new, imported or existing disks",
        querystring: HostQuery,
        body: VmCreate,
        response: created(VmSchema),
      },
    },
    async (request, reply) => {
      drain.requireOpen("create", request.body.name);
      return reply.code(201).send(answer(await vms.create(request.body)));
    },
  );
  app.get(
    "/v1/vms/:vm",
    {
      config,
      schema: {
        operationId: "getVm",
        summary: "A VM, by name or id",
        params: Params,
        querystring: HostQuery,
        response: answers(VmSchema),
      },
    },
    async (request) => answer(vms.get(request.params.vm)),
  );
  app.put(
    "/v1/vms/:vm",
    {
      config,
      schema: {
        operationId: "applyVm",
        summary: "Replace a VM's definition",
        params: Params,
        querystring: HostQuery,
        body: VmDocument,
        response: answers(VmSchema),
      },
    },
    async (request) => answer(await vms.replaceDefinition(request.params.vm, request.body)),
  );
  app.delete(
    "/v1/vms/:vm",
    {
      config,
      schema: {
        operationId: "deleteVm",
        summary: "Delete a VM, with or without its disks",
        params: Params,
        querystring: VmDeleteQuery,
        response: done,
      },
    },
    async (request, reply) => {
      cluster.requireStandalone(request.params.vm, "delete");
      await vms.delete(request.params.vm, { disks: request.query.disks ?? "keep" });
      return reply.code(204).send(null);
    },
  );
  app.post(
    "/v1/vms/:vm/move-storage",
    {
      config,
      schema: {
        operationId: "moveVmStorage",
        summary:
          "Move a VM's disks to another pool of its host; answers once it has begun, `storageMove` tells the rest",
        params: Params,
        querystring: HostQuery,
        body: VmMoveStorage,
        response: accepted(VmSchema),
      },
    },
    async (request, reply) =>
      reply.code(202).send(answer(await vms.storageMoving.begin(request.params.vm, request.body))),
  );
  app.post(
    "/v1/vms/:vm/move-storage/cancel",
    {
      config,
      schema: {
        operationId: "cancelMoveVmStorage",
        summary:
          "Cancel moving a VM's disks to another pool; disks that are there already stay there",
        params: Params,
        querystring: HostQuery,
        response: accepted(VmSchema),
      },
    },
    async (request, reply) =>
      reply.code(202).send(answer(vms.storageMoving.cancel(request.params.vm))),
  );
  app.post(
    "/v1/vms/:vm/upgrade",
    {
      config,
      schema: {
        operationId: "upgradeVm",
        summary: "Give a VM a newer machine type, at its next start from nothing if it runs",
        params: Params,
        querystring: HostQuery,
        body: VmUpgrade,
        response: answers(VmSchema),
      },
    },
    async (request) => answer(await vms.upgrade(request.params.vm, request.body.machineType)),
  );
  for (const action of vmActions) actionRoute(app, services, action);
}

const summaries: Record<VmAction, string> = {
  start: "Start a VM",
  shutdown: "Ask the guest to shut down; power it off when it does not in time",
  "power-off": "Power a VM off at once, as by pulling its plug",
  pause: "Let the guest stand still",
  resume: "Let a paused guest go on",
  restart: "Reset a VM, as by its button",
};

function actionRoute(app: ApiServer, services: Services, action: VmAction): void {
  const { vms, self, drain } = services;
  const run: Record<VmAction, (vm: string, body: VmShutdown) => Promise<VmRecord>> = {
    start: async (vm) => {
      drain.requireOpen("start", vm);
      return await vms.start(vm);
    },
    shutdown: (vm, { timeoutMs }) => vms.shutdown(vm, timeoutMs === undefined ? {} : { timeoutMs }),
    "power-off": (vm) => vms.powerOff(vm),
    pause: (vm) => vms.pause(vm),
    resume: (vm) => vms.resume(vm),
    restart: (vm) => vms.restart(vm),
  };
  app.post(
    `/v1/vms/:vm/${action}`,
    {
      config,
      schema: {
        operationId: `${action.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())}Vm`,
        summary: summaries[action],
        params: Params,
        querystring: HostQuery,
        ...(action === "shutdown" ? { body: VmShutdown } : {}),
        response: answers(VmSchema),
      },
    },
    async (request) => {
      const { vm } = request.params as Type.Static<typeof Params>;
      return vmAnswer(await run[action](vm, (request.body ?? {}) as VmShutdown), self.name);
    },
  );
}

/** An answer that is JSON already, in pieces. */
function sendJson(reply: FastifyReply, pieces: readonly Buffer[]): never {
  const answer = Readable.from(pieces);
  return reply.type("application/json; charset=utf-8").send(answer as never) as never;
}
