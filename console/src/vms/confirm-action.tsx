/** Asks before a guest loses what it has not written yet. */
import type { Vm } from "../../../src/api/schema/vm.ts";
import { Question } from "../parts/question.tsx";

/** What is done to a guest without its knowing. */
export type HardAction = "power-off" | "restart";

const words: Readonly<Record<HardAction, { readonly title: string; readonly confirm: string }>> = {
  "power-off": { title: "Power off", confirm: "Power it off" },
  restart: { title: "Reset", confirm: "Reset it" },
};

interface ConfirmActionProps {
  readonly vm: Vm;
  readonly action: HardAction;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}

export function ConfirmAction({ vm, action, onClose, onConfirm }: ConfirmActionProps) {
  const { title, confirm } = words[action];
  return (
    <Question
      title={`${title} ${vm.name}?`}
      confirm={confirm}
      onClose={onClose}
      onConfirm={() => {
        onClose();
        onConfirm();
      }}
    >
      As if its plug were pulled: what the guest has not written to its disks is lost. Shutting it
      down lets it finish.
    </Question>
  );
}
