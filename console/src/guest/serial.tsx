/** A VM's serial console, in a terminal. */
import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef, useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { SerialLine, type SerialState } from "./serial-line.ts";

const useStyles = makeStyles({
  serial: { display: "grid", gap: tokens.spacingVerticalS },
  state: { color: tokens.colorNeutralForeground2 },
  terminal: {
    height: "min(65vh, 640px)",
    padding: tokens.spacingHorizontalS,
    backgroundColor: "#1b1a19",
    borderRadius: tokens.borderRadiusMedium,
    overflow: "hidden",
    ":focus-within": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
});

const linesKept = 10_000;

export function Serial({ vm }: { readonly vm: Vm }) {
  const styles = useStyles();
  const place = useRef<HTMLDivElement>(null);
  const line = useRef<SerialLine>(undefined);
  const [state, setState] = useState<SerialState>("connecting");
  useEffect(() => {
    if (place.current === null) return undefined;
    const terminal = new Terminal({
      scrollback: linesKept,
      fontSize: 13,
      screenReaderMode: true,
      theme: { background: "#1b1a19" },
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(place.current);
    fit.fit();
    const resized = new ResizeObserver(() => fit.fit());
    resized.observe(place.current);
    // A terminal answers what it is asked, such as where the cursor is. Asked again it would type that into the guest.
    let replaying = 0;
    const opened = new SerialLine({
      vm: vm.id,
      onBytes: (bytes, isPast) => {
        if (isPast) replaying++;
        terminal.write(bytes, () => {
          if (isPast) replaying--;
        });
      },
      onNote: (text) => terminal.write(`\r\n\x1b[2m[${text}]\x1b[0m\r\n`),
      onState: setState,
    });
    terminal.onData((text) => {
      if (replaying === 0) opened.type(text);
    });
    line.current = opened;
    return () => {
      opened.close();
      resized.disconnect();
      terminal.dispose();
    };
  }, [vm.id]);
  useEffect(() => line.current?.hurry(), [vm.host, vm.state]);
  return (
    <div className={styles.serial}>
      <Text className={styles.state} role="status" data-serial={state}>
        {state === "connected" ? `Live, on ${vm.host}` : "The line is being opened where the VM is"}
      </Text>
      <div
        ref={place}
        className={styles.terminal}
        role="group"
        aria-label={`Serial console of ${vm.name}`}
      />
    </div>
  );
}
