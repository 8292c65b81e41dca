/** What can be done to a VM, in a row of a table: of thousands of menus only those exist that somebody has opened. */
import { makeResetStyles, tokens } from "@fluentui/react-components";
import { MoreHorizontalRegular } from "@fluentui/react-icons/headless/svg/more-horizontal";
import { useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { useMay } from "../session/session.tsx";
import { VmActions } from "./vm-actions.tsx";

/** As the menu's own button looks, which takes its place. */
const useButtonClass = makeResetStyles({
  width: "32px",
  height: "32px",
  padding: "5px",
  border: `${tokens.strokeWidthThin} solid transparent`,
  borderRadius: tokens.borderRadiusMedium,
  background: "none",
  color: tokens.colorNeutralForeground2,
  fontSize: "20px",
  lineHeight: "0",
  verticalAlign: "middle",
  cursor: "pointer",
  "& svg": { fill: "currentColor" },
  ":hover": {
    backgroundColor: tokens.colorSubtleBackgroundHover,
    color: tokens.colorNeutralForeground2Hover,
  },
  ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
});

export function CompactVmActions({ vm }: { readonly vm: Vm }) {
  const mayOperate = useMay("operator");
  const className = useButtonClass();
  const [isUsed, setUsed] = useState(false);
  if (!mayOperate) return null;
  if (isUsed) return <VmActions vm={vm} isCompact />;
  return (
    <button
      type="button"
      className={className}
      aria-label={`Actions of ${vm.name}`}
      aria-haspopup="menu"
      aria-expanded={false}
      onClick={() => setUsed(true)}
    >
      <MoreHorizontalRegular />
    </button>
  );
}
