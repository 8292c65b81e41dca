/** Short messages at the page's edge: what was done, and what went wrong while nobody looked. */
import { Toast, ToastBody, ToastTitle, useToastController } from "@fluentui/react-components";
import { useMemo } from "react";
import { FerryError } from "../../../src/base/errors.ts";

export const toasterId = "announcements";

export interface Announce {
  readonly done: (text: string) => void;
  readonly failed: (error: unknown) => void;
}

const failureShownMs = 15_000;

export function useAnnounce(): Announce {
  const { dispatchToast } = useToastController(toasterId);
  return useMemo(
    () => ({
      done: (text) =>
        dispatchToast(
          <Toast>
            <ToastTitle>{text}</ToastTitle>
          </Toast>,
          { intent: "success" },
        ),
      failed: (error) => {
        const { message, remedy } = FerryError.from(error);
        dispatchToast(
          <Toast>
            <ToastTitle>{message}</ToastTitle>
            {remedy === undefined ? null : <ToastBody>{remedy}</ToastBody>}
          </Toast>,
          { intent: "error", timeout: failureShownMs },
        );
      },
    }),
    [dispatchToast],
  );
}
