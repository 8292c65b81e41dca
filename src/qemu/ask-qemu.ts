/** Asks a QEMU without any machine, which ends when it has answered: what the program knows, not what a VM does. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { FerryError } from "../base/errors.ts";
import { atOrdinaryPriority } from "../base/priority.ts";
import type { Accelerator } from "./cpu-model.ts";

export interface QemuQuestion {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** A start and all answers take 0.2 s; a hundred times that on a host that is emulated itself and has other work. */
const answerTimeoutMs = 60_000;

/**
 * The answers in order; undefined for a question that QEMU refused.
 * @throws FerryError `qemu-failed`, `missing-program`, `timeout`.
 */
export async function askQemu(
  binary: string,
  accelerator: Accelerator,
  questions: readonly QemuQuestion[],
): Promise<unknown[]> {
  const child = atOrdinaryPriority(() =>
    spawn(
      binary,
      [
        ...["-machine", "none", "-accel", accelerator, "-nodefaults", "-display", "none", "-S"],
        ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny", "-qmp", "stdio"],
      ],
      { stdio: ["pipe", "pipe", "pipe"], env: { PATH: "/usr/bin:/bin", LC_ALL: "C" }, cwd: "/" },
    ),
  );
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (cause) => reject(unanswered(binary, cause.message, cause)));
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, answerTimeoutMs);
  try {
    const all = [{ execute: "qmp_capabilities" }, ...questions, { execute: "quit" }];
    // A QEMU that ends early says why on standard error; that it no longer reads is no news.
    child.stdin.on("error", () => {});
    child.stdin.write(all.map((question) => `${JSON.stringify(question)}\n`).join(""));
    const [output, complaint] = await Promise.race([
      Promise.all([text(child.stdout), text(child.stderr)]),
      failed,
    ]);
    const answers = output.split("\n").flatMap(answerIn);
    if (answers.length < questions.length + 1) {
      if (isLate) throw late(binary);
      throw unanswered(binary, complaint.trim().split("\n").at(-1) || "it ended without a word");
    }
    return answers.slice(1, questions.length + 1).map(({ answer }) => answer);
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }
}

function answerIn(line: string): { readonly answer: unknown }[] {
  if (line.trim() === "") return [];
  const said = JSON.parse(line) as Record<string, unknown>;
  if (Object.hasOwn(said, "return")) return [{ answer: said["return"] }];
  // The greeting and events answer nothing.
  return Object.hasOwn(said, "error") ? [{ answer: undefined }] : [];
}

function late(binary: string): FerryError {
  return new FerryError(
    "timeout",
    `Cannot ask "${binary}" what it knows: no answer within ${answerTimeoutMs / 1000} s`,
    { remedy: "The host is too busy, or its storage hangs; try again when it is not" },
  );
}

function unanswered(binary: string, reason: string, cause?: unknown): FerryError {
  return new FerryError("qemu-failed", `Cannot ask "${binary}" what it knows: ${reason}`, {
    remedy: "Run it by hand with -version; correct or upgrade it",
    cause,
  });
}
