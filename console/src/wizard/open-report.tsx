/** A saved report as the short way into the wizard: the same move again, checked anew, with what changed since. */
import { Button } from "@fluentui/react-components";
import { DocumentArrowUpRegular } from "@fluentui/react-icons/svg/document-arrow-up";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import type { SavedReport } from "../../../src/api/schema/check.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { openReport } from "./report-files.ts";

export function OpenReport({ onOpen }: { readonly onOpen: (report: SavedReport) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const announce = useAnnounce();
  const open = useMutation({
    mutationFn: openReport,
    onSuccess: onOpen,
    onError: announce.failed,
  });
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label="Saved report"
        onChange={({ target }) => {
          const file = target.files?.[0];
          target.value = "";
          if (file !== undefined) open.mutate(file);
        }}
      />
      <Button icon={<DocumentArrowUpRegular />} onClick={() => input.current?.click()}>
        Open a saved report
      </Button>
    </>
  );
}
