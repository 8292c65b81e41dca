/** Cancels a move, exactly while that is allowed; asks first, and says what it means. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
} from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { call } from "../api/call.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { useMay } from "../session/session.tsx";

export function CancelMove({ move }: { readonly move: MigrationRecord }) {
  const mayCancel = useMay("operator");
  const announce = useAnnounce();
  const [isOpen, setOpen] = useState(false);
  const cancel = useMutation({
    mutationFn: () => call("POST /v1/migrations/{id}/cancel", { params: { id: move.id } }),
    onSuccess: () => announce.done(`The move of ${move.vm.name} is cancelled`),
    onError: announce.failed,
  });
  const isAllowed = mayCancel && move.cancellable && move.endedAt === null;
  if (!isAllowed && !isOpen) return null;
  return (
    <Dialog open={isOpen && isAllowed} onOpenChange={(_, { open }) => setOpen(open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button
          icon={<DismissRegular />}
          aria-label={`Cancel move of ${move.vm.name}`}
          disabled={cancel.isPending}
        >
          Cancel move
        </Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Cancel the move of {move.vm.name}?</DialogTitle>
          <DialogContent>
            It goes on running on {move.source} as if nothing had been. What was copied to{" "}
            {move.target} is removed there.
          </DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement>
              <Button>Let it move</Button>
            </DialogTrigger>
            <Button
              appearance="primary"
              onClick={() => {
                setOpen(false);
                cancel.mutate();
              }}
            >
              Cancel the move
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
