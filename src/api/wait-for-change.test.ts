import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { tagOf } from "./answer-anew.ts";
import { WaitingQuestions } from "./wait-for-change.ts";

/** Less than half of the time that the questions below may take, and far more than a change takes to be told. */
const lateMs = 10_000;

class Subject extends EventEmitter {
  value = 1;

  readonly watched = {
    answer: () => ({ value: this.value }),
    onChange: (listener: () => void) => {
      this.on("change", listener);
      return () => this.off("change", listener);
    },
  };

  change(value: number): void {
    this.value = value;
    this.emit("change");
  }

  get tag(): string {
    return tagOf(JSON.stringify(this.watched.answer()));
  }
}

function question(tag: string, kind: "host" | "local" = "host") {
  const headers = { prefer: "wait=30", "if-none-match": tag };
  const said = new Map<string, string>();
  const raw = new EventEmitter();
  return {
    request: { headers, caller: { kind } } as unknown as FastifyRequest,
    reply: { header: (name: string, value: string) => said.set(name, value), raw },
    said,
  };
}

async function outcome(waiting: Promise<void>): Promise<"answered" | "waits"> {
  const stop = new AbortController();
  const late = sleep(lateMs, "waits" as const, { signal: stop.signal }).catch(() => "waits");
  const first = await Promise.race([waiting.then(() => "answered" as const), late]);
  stop.abort();
  return first as "answered" | "waits";
}

function ask(
  questions: WaitingQuestions,
  { watched }: Subject,
  asked: ReturnType<typeof question>,
) {
  return questions.whileUnchanged(asked.request, asked.reply as unknown as FastifyReply, watched);
}

test("a question is answered at once when its asker has another answer, or is no host", async () => {
  const subject = new Subject();
  const questions = new WaitingQuestions();
  assert.equal(await outcome(ask(questions, subject, question('"other"'))), "answered");
  const ofAPerson = question(subject.tag, "local");
  assert.equal(await outcome(ask(questions, subject, ofAPerson)), "answered");
  assert.equal(ofAPerson.said.size, 0);
  assert.equal(subject.listenerCount("change"), 0);
});

test("a question that waits is answered at a change, even one that is taken back", async () => {
  const subject = new Subject();
  const asked = question(subject.tag);
  const waiting = ask(new WaitingQuestions(), subject, asked);
  assert.equal(asked.said.get("preference-applied"), "wait=30");
  subject.change(2);
  subject.change(1);
  assert.equal(await outcome(waiting), "answered");
  assert.equal(subject.listenerCount("change"), 0);
});

test("a question that waits ends with its connection, and with the agent", async () => {
  const subject = new Subject();
  const questions = new WaitingQuestions();
  const gone = question(subject.tag);
  const waiting = [ask(questions, subject, gone), ask(questions, subject, question(subject.tag))];
  gone.reply.raw.emit("close");
  questions.end();
  for (const each of waiting) assert.equal(await outcome(each), "answered");
  assert.equal(await outcome(ask(questions, subject, question(subject.tag))), "answered");
  assert.equal(subject.listenerCount("change"), 0);
});
