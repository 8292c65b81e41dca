/** A VM's screen, with keyboard and pointer. */
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { FullScreenMaximizeRegular } from "@fluentui/react-icons/svg/full-screen-maximize";
import { KeyboardRegular } from "@fluentui/react-icons/svg/keyboard";
import { useEffect, useRef, useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { useChangesHosts } from "./changes-hosts.ts";
import { ScreenLine, type ScreenState } from "./screen-line.ts";

const useStyles = makeStyles({
  screen: { display: "grid", gap: tokens.spacingVerticalS },
  tools: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
  },
  state: { marginInlineEnd: "auto", color: tokens.colorNeutralForeground2 },
  canvas: {
    position: "relative",
    height: "min(70vh, 720px)",
    backgroundColor: "#1b1a19",
    borderRadius: tokens.borderRadiusMedium,
    overflow: "hidden",
    ":focus-within": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
});

const words: Readonly<Record<ScreenState, string>> = {
  connecting: "Opening the screen",
  connected: "Live",
  waiting: "The line ended; it is opened again where the VM is",
};

export function Screen({ vm }: { readonly vm: Vm }) {
  const styles = useStyles();
  const target = useRef<HTMLDivElement>(null);
  const line = useRef<ScreenLine>(undefined);
  const [state, setState] = useState<ScreenState>("connecting");
  useEffect(() => {
    if (target.current === null) return undefined;
    const opened = new ScreenLine({ target: target.current, vm: vm.id, onState: setState });
    line.current = opened;
    return () => opened.close();
  }, [vm.id]);
  const changesHosts = useChangesHosts(vm);
  // It is elsewhere now, or runs again: no need to wait for the next try.
  useEffect(() => line.current?.hurry(), [vm.host, vm.state]);
  return (
    <div className={styles.screen}>
      <div className={styles.tools}>
        <Text className={styles.state} role="status" data-screen={state}>
          {changesHosts || (state === "waiting" && vm.migration !== null)
            ? "It changes hosts; the picture stands still and goes on from the target"
            : state === "connected"
              ? `Live, on ${vm.host}`
              : words[state]}
        </Text>
        <Button icon={<KeyboardRegular />} onClick={() => line.current?.sendCtrlAltDel()}>
          Ctrl+Alt+Del
        </Button>
        <Button
          icon={<FullScreenMaximizeRegular />}
          onClick={() => void target.current?.requestFullscreen()}
        >
          Full screen
        </Button>
      </div>
      <div
        ref={target}
        className={styles.canvas}
        role="application"
        aria-label={`Screen of ${vm.name}`}
      />
    </div>
  );
}
