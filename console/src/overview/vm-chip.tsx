/** A VM on its host's card: a link to its page that can be dragged onto another host. */
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { vmStateText } from "../parts/vm-state.tsx";
import { useMay } from "../session/session.tsx";

/** What a dragged VM is to those who may take it: `NAME HOST`. */
export const dragType = "application/x-ferry-vm";

const useStyles = makeStyles({
  chip: {
    display: "inline-flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalSNudge,
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
    fontSize: tokens.fontSizeBase200,
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  dot: { width: "8px", height: "8px", borderRadius: "50%", flexShrink: 0 },
  running: { backgroundColor: tokens.colorStatusSuccessForeground1 },
  off: { backgroundColor: tokens.colorNeutralForeground4 },
  other: { backgroundColor: tokens.colorStatusWarningForeground1 },
  crashed: { backgroundColor: tokens.colorStatusDangerForeground1 },
  moving: {
    backgroundColor: tokens.colorBrandForeground1,
    animationName: { from: { opacity: 1 }, to: { opacity: 0.25 } },
    animationDuration: "800ms",
    animationIterationCount: "infinite",
    animationDirection: "alternate",
  },
});

function ChipAnchor({ children, ...properties }: AnchorHTMLAttributes<HTMLAnchorElement>) {
  const styles = useStyles();
  return (
    <a {...properties} className={styles.chip}>
      {children}
    </a>
  );
}

const Chip = createLink(ChipAnchor);

export function VmChip({ vm }: { readonly vm: Vm }) {
  const styles = useStyles();
  const mayMove = useMay("operator") && vm.migration === null;
  const words = vm.migration === null ? vmStateText(vm) : "Moving";
  const look =
    vm.migration !== null
      ? styles.moving
      : vm.state === "running"
        ? styles.running
        : vm.state === "stopped"
          ? styles.off
          : vm.state === "crashed"
            ? styles.crashed
            : styles.other;
  return (
    <Chip
      to="/vms/$vm"
      params={{ vm: vm.name }}
      title={words}
      draggable={mayMove}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData(dragType, `${vm.name} ${vm.host}`);
      }}
    >
      <span className={mergeClasses(styles.dot, look)} role="img" aria-label={words} />
      {vm.name}
    </Chip>
  );
}
