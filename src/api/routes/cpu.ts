/** Processor compatibility: what a host can give, what a VM has and where it could go, what hosts have in common. */
import Type from "typebox";
import { FerryError } from "../../base/errors.ts";
import { readHostFacts } from "../../host/facts.ts";
import { readProcessor } from "../../host/processor.ts";
import { baselineOf, commonModels } from "../../precheck/baseline.ts";
import { guestCpu } from "../../precheck/guest-cpu.ts";
import {
  type GuestProcessor,
  obstacles,
  type ProcessorHost,
} from "../../precheck/processor-fit.ts";
import { explainModel } from "../../qemu/cpu-model.ts";
import { formatQemuVersion } from "../../qemu/version.ts";
import { Name } from "../../vm/definition.ts";
import type { ApiServer } from "../api-server.ts";
import { askMembers } from "../domain-questions.ts";
import { Baseline, BaselineQuery, HostCpu, VmCpu } from "../schema/cpu.ts";
import { HostQuery } from "../schema/scope.ts";
import type { Services } from "../services.ts";
import { answers } from "./answers.ts";

export function cpuRoutes(app: ApiServer, services: Services): void {
  app.get(
    "/v1/host/cpu",
    {
      schema: {
        operationId: "getHostCpu",
        summary: "The processor that guests of this host can have, model by model",
        querystring: HostQuery,
        response: answers(HostCpu),
      },
    },
    () => ownCpu(services),
  );
  app.get(
    "/v1/vms/:vm/cpu",
    {
      config: { locate: "vm-in-path" },
      schema: {
        operationId: "getVmCpu",
        summary: "What a VM's guest finds in its processor, and on which hosts that can be had",
        params: Type.Object({ vm: Name }),
        querystring: HostQuery,
        response: answers(VmCpu),
      },
    },
    (request) => vmCpu(services, request.params.vm),
  );
  app.get(
    "/v1/hosts/baseline",
    {
      schema: {
        operationId: "getBaseline",
        summary: "The greatest CPU model that all the hosts can give",
        querystring: BaselineQuery,
        response: answers(Baseline),
      },
    },
    (request) => baseline(services, request.query.hosts),
  );
}

/** @throws FerryError as QEMU's, where there is none. */
async function ownCpu({ self, vms }: Services): Promise<HostCpu> {
  const { qemu } = vms;
  const [facts, processor] = await Promise.all([readHostFacts(), readProcessor()]);
  const [features, { accelerator, reason }, { available, models }] = await Promise.all([
    qemu.features(),
    qemu.accelerator(),
    qemu.cpu(),
  ]);
  return {
    host: self.name,
    vendor: facts.cpu.vendor,
    processor: processor.model,
    microcode: processor.microcode,
    accelerator,
    acceleratorReason: reason,
    qemuVersion: formatQemuVersion(features.version),
    available: [...available],
    models: models.map(({ name, missing }) => ({ name, missing: [...missing] })),
  };
}

async function vmCpu(services: Services, nameOrId: string): Promise<VmCpu> {
  const { definition } = services.vms.get(nameOrId);
  const [host, { features, accelerator }, others] = await Promise.all([
    ownCpu(services),
    guestCpu(services.vms, definition),
    askMembers(services, HostCpu, "/v1/host/cpu"),
  ]);
  // What the host has by now may be something else than what runs the guest.
  const own = { ...host, accelerator };
  const guest: GuestProcessor = { vm: definition.name, model: definition.cpu.model, features };
  const hosts = [
    ...others.answers.map(({ answer }) => {
      const reasons = obstacles(guest, asHost(own), asHost(answer)).map(({ message }) => message);
      return { host: answer.host, possible: reasons.length === 0, reasons };
    }),
    ...others.unreachable.map(({ host, message }) => {
      return { host, possible: null, reasons: [message] };
    }),
  ];
  return {
    vm: definition.name,
    host: services.self.name,
    model: definition.cpu.model,
    explanation: explainModel(definition.cpu.model, own.accelerator),
    accelerator: own.accelerator,
    features: [...features],
    hosts: hosts.sort((one, other) => one.host.localeCompare(other.host)),
  };
}

async function baseline(services: Services, names: string | undefined): Promise<Baseline> {
  const { answers: others, unreachable } = await askMembers(services, HostCpu, "/v1/host/cpu");
  const all = [await ownCpu(services), ...others.map(({ answer }) => answer)];
  all.sort((one, other) => one.host.localeCompare(other.host));
  const wanted = names?.split(",").filter((name) => name !== "") ?? [
    ...all.map(({ host }) => host),
    ...unreachable.map(({ host }) => host),
  ];
  const hosts = [...new Set(wanted)].map((name) => {
    const found = all.find(({ host }) => host === name);
    if (found !== undefined) return found;
    const silent = unreachable.find(({ host }) => host === name);
    if (silent !== undefined) throw new FerryError("unreachable", silent.message, skipRemedy);
    throw new FerryError(
      "not-found",
      `Cannot find host "${name}": the domain has ${all.map(({ host }) => host).join(", ")}`,
      { remedy: "Name one of these" },
    );
  });
  return baselineOf(hosts, await services.vms.qemu.modelFeatures(commonModels(hosts)));
}

const skipRemedy = {
  remedy: "Start its agent, or name the hosts that count: ferry host baseline HOST…",
};

function asHost(cpu: HostCpu): ProcessorHost {
  const { host, accelerator, acceleratorReason, vendor, available, qemuVersion } = cpu;
  return {
    ...{ host, accelerator, acceleratorReason },
    qemu: { version: qemuVersion, machineTypes: [] },
    cpu: { vendor, available, models: cpu.models.map(({ name }) => name) },
  };
}
