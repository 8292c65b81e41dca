/**
 * Precheck: everything that could stop a move, all causes at once, before anything is copied. The source asks the target
 * for its facts, adds its own and judges (report.ts). A proof file in each pool, written here and answered there, shows that
 * both hosts reach the same bytes; it is gone when the report is there.
 */
import { randomBytes } from "node:crypto";
import { FerryError } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";
import type { MigrationOptions } from "../migration/record.ts";
import { sendProbes } from "../network/segment-probe.ts";
import { readProof, removeProof, sweepProofs, writeProof } from "../storage/shared-proof.ts";
import { withoutMedia } from "../vm/media.ts";
import type { FactsRequest, HostFacts } from "./facts.ts";
import type { CheckInput, ElsewhereVm } from "./check.ts";
import { guestLoad, predictMove, type PredictionParts } from "./predict-move.ts";
import type { Prediction } from "./prediction.ts";
import { type GatherParts, gatherFacts } from "./gather.ts";
import { bridgesOf } from "./gather-switches.ts";
import { proofText } from "./same-bytes.ts";
import { type CheckReport, reportOn } from "./report.ts";
import { poolsOf } from "./storage-checks.ts";

export interface PrecheckParts extends GatherParts {
  /** The target's facts, checked against their schema. @throws FerryError `unreachable`, `peer-refused`, `not-found`. */
  readonly askTarget: (host: string, request: FactsRequest) => Promise<HostFacts>;
  /** The VMs of the domain's other hosts. */
  readonly others: () => Promise<readonly ElsewhereVm[]>;
  /** Absent: no report has a prediction. */
  readonly prediction?: PredictionParts;
}

export interface PredictedReport extends CheckReport {
  readonly prediction: Prediction | null;
  /** Why there is no prediction; null when there is. */
  readonly predictionMissing: string | null;
}

export interface CheckQuestion {
  /** Name or id of a VM of this host. */
  readonly vm: string;
  readonly target: string;
  readonly options: MigrationOptions;
}

export class Precheck {
  readonly #parts: PrecheckParts;

  constructor(parts: PrecheckParts) {
    this.#parts = parts;
  }

  /** @throws FerryError `not-found` for an unknown VM or host, `unreachable` when the target does not answer. */
  async run(question: CheckQuestion): Promise<CheckReport> {
    return reportOn(await this.#gather(question));
  }

  /** As `run`, with what the move is expected to be like; takes a second longer. @throws as `run`. */
  async runAndPredict(question: CheckQuestion): Promise<PredictedReport> {
    const { vms, prediction } = this.#parts;
    if (prediction === undefined) {
      const predictionMissing = "this host makes none";
      return { ...(await this.run(question)), prediction: null, predictionMissing };
    }
    const vm = vms.get(question.vm);
    const compares = question.options.verifyMemory === true;
    const measured = guestLoad(vm, vms.process(vm.definition.id), compares);
    measured.catch(() => {});
    const input = await this.#gather(question);
    const expected = await predictMove(prediction, input, measured);
    const isKnown = typeof expected !== "string";
    return {
      ...reportOn(input),
      prediction: isKnown ? expected : null,
      predictionMissing: isKnown ? null : expected,
    };
  }

  async #gather(question: CheckQuestion): Promise<CheckInput> {
    const { vms, host } = this.#parts;
    const vm = vms.get(question.vm);
    const definition =
      question.options.eject === true ? withoutMedia(vm.definition) : vm.definition;
    const paths = this.#reachable(poolsOf(definition));
    const proof = randomBytes(16).toString("hex");
    const request = { definition, proof };
    try {
      const unwritable = await writeAll(paths, proof, host);
      // Only LUNs can be another host's VM's as well; asking two hundred hosts for all they have is not for nothing.
      const asksOthers = (definition.luns ?? []).length > 0;
      const elsewhere = asksOthers ? this.#parts.others().catch(() => []) : Promise.resolve([]);
      // Only what this host answers in its pools waits for the target: it must not find its own answer.
      const answered = Promise.withResolvers<void>();
      const gathered = gatherFacts(this.#parts, request, "source", answered.promise);
      gathered.catch(() => {});
      let answers: Record<string, string | null>;
      let clockMs: number;
      let asked: { target: HostFacts; probesSent: boolean };
      try {
        asked = await this.#askWhileProbing(question.target, request);
        // The target's clock is of the moment in which it answered: so is the one it is held against.
        clockMs = Date.now();
        answers = await readAll(paths, proof);
      } catch (error) {
        // No answer of this host's own may come after the proofs were removed.
        answered.reject(error);
        throw error;
      }
      answered.resolve();
      const { target, probesSent } = asked;
      const own = await gathered;
      const source = { ...withWriteErrors(own, unwritable), clockMs };
      const { options } = question;
      const others = (await elsewhere).filter(({ host: other }) => other !== host);
      const facts = { source, target, answers, elsewhere: others, probesSent };
      return { definition, vm, options, ...facts };
    } finally {
      for (const path of paths.values()) await removeProof(path, proof);
    }
  }

  /** At the agent's start: removes proofs of checks that an agent before did not live to finish. */
  async sweep(): Promise<void> {
    const { pools, host } = this.#parts;
    for (const { path } of pools.list()) await sweepProofs(path, proofText(host));
  }

  /** For another host's precheck: this host's facts. */
  async facts(request: FactsRequest): Promise<HostFacts> {
    return await gatherFacts(this.#parts, request, "target");
  }

  async #askWhileProbing(
    name: string,
    request: FactsRequest,
  ): Promise<{ target: HostFacts; probesSent: boolean }> {
    if (name === this.#parts.host) {
      return { target: await gatherFacts(this.#parts, request, "source"), probesSent: false };
    }
    const bridges = [...bridgesOf(this.#parts.switches, request.definition).values()];
    // Without the right to send frames nothing can be said about segments; everything else can.
    const probing = await sendProbes(bridges, request.proof).catch(() => undefined);
    try {
      const target = await this.#parts.askTarget(name, request);
      return { target, probesSent: probing !== undefined };
    } finally {
      await probing?.[Symbol.asyncDispose]();
    }
  }

  /**
   * Runs the checks and refuses what they would stop.
   * @throws FerryError `precheck-failed` with the report; `consent-needed` with the report when files would have to be
   *   copied and nobody said that they may.
   */
  async require(question: CheckQuestion): Promise<CheckReport> {
    const report = await this.run(question);
    if (report.possible) {
      const copies = report.disks.length > 0 || report.files.some(({ copy }) => copy);
      if (copies && question.options.withStorage !== true) throw unasked(report);
      return report;
    }
    const blocking = report.findings.filter((finding) => finding.severity === "blocking");
    throw new FerryError(
      "precheck-failed",
      `Cannot move VM "${report.vm.name}" to "${report.target}": ${blocking.length} ` +
        `${blocking.length === 1 ? "check stops" : "checks stop"} it; ${blocking.map((finding) => finding.message).join("; ")}`,
      {
        remedy: blocking.map((finding) => finding.remedy).join("; "),
        details: report,
      },
    );
  }

  #reachable(names: readonly string[]): Map<string, string> {
    const pools = this.#parts.pools.list();
    return new Map(
      names.flatMap((name) => {
        const pool = pools.find((candidate) => candidate.name === name);
        return pool === undefined ? [] : [[name, pool.path] as const];
      }),
    );
  }
}

function unasked({ vm, target, disks, files }: CheckReport): FerryError {
  const list = [
    ...disks.map(({ name, targetPool, allocatedBytes }) => {
      return `disk "${name}" (${formatBytes(allocatedBytes)}) to pool "${targetPool}"`;
    }),
    ...files
      .filter(({ copy }) => copy)
      .map(({ file, targetPool, bytes }) => {
        return `file "${file}" (${formatBytes(bytes)}) to pool "${targetPool}"`;
      }),
  ];
  return new FerryError(
    "consent-needed",
    `Cannot move VM "${vm.name}" without copying files that "${target}" does not reach: ${list.join(", ")}`,
    {
      remedy: "Say that they may be copied: --with-storage",
      details: { vm, target, disks, files },
    },
  );
}

/** By pool: why the proof could not be written; absent where it was. */
async function writeAll(
  paths: ReadonlyMap<string, string>,
  proof: string,
  host: string,
): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  for (const [pool, path] of paths) {
    try {
      await writeProof(path, proof, proofText(host));
    } catch (error) {
      failures.set(pool, FerryError.from(error).message);
    }
  }
  return failures;
}

async function readAll(
  paths: ReadonlyMap<string, string>,
  proof: string,
): Promise<Record<string, string | null>> {
  const answers: Record<string, string | null> = {};
  for (const [pool, path] of paths) answers[pool] = (await readProof(path, proof)) ?? null;
  return answers;
}

function withWriteErrors(facts: HostFacts, unwritable: ReadonlyMap<string, string>): HostFacts {
  const pools = Object.entries(facts.pools).map(([name, pool]) => {
    const writeError = unwritable.get(name);
    return [
      name,
      pool === null || writeError === undefined ? pool : { ...pool, writeError },
    ] as const;
  });
  return { ...facts, pools: Object.fromEntries(pools) };
}
