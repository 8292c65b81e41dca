/** A button that asks for a JSON document among the user's files. */
import { Button, type ButtonProps } from "@fluentui/react-components";
import { useRef } from "react";

interface DocumentChooserProps {
  /** What the file shall be, for those who do not see the button. */
  readonly label: string;
  readonly icon?: ButtonProps["icon"];
  readonly onChosen: (file: File) => void;
  /** What stands on the button. */
  readonly children: string;
}

export function DocumentChooser({ label, icon, onChosen, children }: DocumentChooserProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label={label}
        onChange={({ target }) => {
          const file = target.files?.[0];
          // The same file chosen once more is a choice too.
          target.value = "";
          if (file !== undefined) onChosen(file);
        }}
      />
      <Button {...(icon !== undefined && { icon })} onClick={() => input.current?.click()}>
        {children}
      </Button>
    </>
  );
}
