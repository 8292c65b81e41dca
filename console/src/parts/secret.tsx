/** A text to be carried elsewhere, shown this once. */
import { Button, Field, makeStyles, Textarea, tokens } from "@fluentui/react-components";
import { CopyRegular } from "@fluentui/react-icons/svg/copy";
import { useState } from "react";

const useStyles = makeStyles({
  text: { fontFamily: tokens.fontFamilyMonospace },
});

export function Secret({ label, text }: { readonly label: string; readonly text: string }) {
  const styles = useStyles();
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <>
      <Field label={label}>
        <Textarea className={styles.text} readOnly value={text} rows={3} />
      </Field>
      <div>
        <Button icon={<CopyRegular />} onClick={() => void copy()}>
          {isCopied ? "Copied" : "Copy"}
        </Button>
      </div>
    </>
  );
}
