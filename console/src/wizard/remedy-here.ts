/** Remedies of checks name options as the command line has them; the wizard's own words stand here. Pure. */
import { markNames, performanceNames } from "../migrations/option-names.ts";

const here: Readonly<Record<string, string>> = {
  "--with-storage": said("The VM with its disks", "What"),
  "--verify": said(markNames.verifyMemory, "How"),
  "--eject": said(markNames.eject, "How"),
  "--leave-cluster": said(markNames.leaveCluster, "How"),
  "--enter-cluster": said(markNames.enterCluster, "How"),
  "--keep-partial": said(markNames.keepPartial, "How"),
  "--resume": said(markNames.resume, "How"),
  "--performance multichannel": said(performanceNames.multichannel, "How"),
  "--max-blackout": said("Blackout at most", "How"),
};

/** Options that the wizard has not stay as they are. */
export function remedyHere(remedy: string): string {
  return remedy.replaceAll(
    /--[a-z]+(?:-[a-z]+)*(?: multichannel)?/g,
    (option) => here[option] ?? option,
  );
}

function said(words: string, step: string): string {
  return `\u201c${words}\u201d (step ${step})`;
}
