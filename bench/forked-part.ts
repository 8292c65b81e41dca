/** One part of a benchmark in a process of its own: the benchmark's file again, told what to be by its first message. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** Resolves with the part's first word: that it is ready, and where. */
export async function startPart<Task extends object, Word>(
  file: string,
  task: Task,
): Promise<{ child: ChildProcess; word: Word }> {
  const child = fork(file);
  child.send(task);
  return { child, word: await answerOf<Word>(child) };
}

/** The next that a part says, after it was asked something. */
export async function answerOf<Word>(child: ChildProcess, question?: string): Promise<Word> {
  const answer = once(child, "message");
  if (question !== undefined) child.send(question);
  const [word] = (await answer) as [Word];
  return word;
}
