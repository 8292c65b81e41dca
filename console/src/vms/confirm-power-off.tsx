/** Powering off is pulling the plug: what the guest has not written is lost. */
import type { Vm } from "../../../src/api/schema/vm.ts";
import { Question } from "../parts/question.tsx";

interface ConfirmPowerOffProps {
  readonly vm: Vm;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}

export function ConfirmPowerOff({ vm, onClose, onConfirm }: ConfirmPowerOffProps) {
  return (
    <Question
      title={`Power off ${vm.name}?`}
      confirm="Power off"
      onClose={onClose}
      onConfirm={() => {
        onConfirm();
        onClose();
      }}
    >
      This is as pulling its plug: what its guest has not written to a disk is lost. Shutting down
      asks the guest first.
    </Question>
  );
}
