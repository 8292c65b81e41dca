/** A saved report as the short way into the wizard: the same move again, checked anew, with what changed since. */
import { DocumentArrowUpRegular } from "@fluentui/react-icons/svg/document-arrow-up";
import { useMutation } from "@tanstack/react-query";
import type { SavedReport } from "../../../src/api/schema/check.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { DocumentChooser } from "../parts/document-chooser.tsx";
import { openReport } from "./report-files.ts";

export function OpenReport({ onOpen }: { readonly onOpen: (report: SavedReport) => void }) {
  const announce = useAnnounce();
  const open = useMutation({
    mutationFn: openReport,
    onSuccess: onOpen,
    onError: announce.failed,
  });
  return (
    <DocumentChooser
      label="Saved report"
      icon={<DocumentArrowUpRegular />}
      onChosen={(file) => open.mutate(file)}
    >
      Open a saved report
    </DocumentChooser>
  );
}
