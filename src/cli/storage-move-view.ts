/** Follows a move of disks to other pools of their host, as watch.ts follows a move of a VM: by asking again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Vm } from "../api/schema/vm.ts";
import { FerryError } from "../base/errors.ts";
import type { Cli } from "./cli.ts";
import { LiveBlock } from "./live-block.ts";
import { storageMoveLines } from "./render/storage-move.ts";

const intervalMs = 250;

export interface FollowedVm {
  readonly vm: Vm;
  /** The person left before the end; the move goes on. */
  readonly left: boolean;
}

/** The first Ctrl-C asks to cancel, the second one leaves. */
export async function followStorageMove(cli: Cli, first: Vm): Promise<FollowedVm> {
  const left = new AbortController();
  const show = viewOf(cli);
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts += 1;
    if (interrupts > 1) left.abort();
    else void cancel(cli, first, show);
  };
  process.on("SIGINT", interrupt);
  try {
    for (let vm = first; ; vm = await ask(cli, first)) {
      show.lines(vm);
      if (vm.storageMove === null || vm.storageMove.endedAt !== null) return { vm, left: false };
      await sleep(intervalMs, undefined, { signal: left.signal }).catch(() => {});
      if (left.signal.aborted) return { vm, left: true };
    }
  } finally {
    process.off("SIGINT", interrupt);
    show.end();
  }
}

interface View {
  lines(vm: Vm): void;
  say(text: string): void;
  end(): void;
}

/** A block that is drawn over on a terminal; nothing for programs and logs, which get the end. */
function viewOf({ output }: Cli): View {
  if (output.json || !output.isTerminal) {
    return { lines() {}, say: (text) => output.note(text), end() {} };
  }
  const block = new LiveBlock(output);
  return {
    lines: ({ storageMove }) => block.draw(storageMove ? storageMoveLines(storageMove) : []),
    say: (text) => block.say(text),
    end: () => block.clear(),
  };
}

function ask(cli: Cli, { id, host }: Vm): Promise<Vm> {
  return cli.call("GET /v1/vms/{vm}", { params: { vm: id }, host });
}

async function cancel(cli: Cli, { id, host }: Vm, view: View): Promise<void> {
  view.say("Cancelling; disks that are not there yet stay where they are. Ctrl-C again leaves");
  try {
    await cli.call("POST /v1/vms/{vm}/move-storage/cancel", { params: { vm: id }, host });
  } catch (error) {
    view.say(FerryError.from(error).message);
  }
}
