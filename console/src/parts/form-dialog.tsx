/** A form in a dialog: its fields, what was wrong with the last try, and the way out of it. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import type { FormEvent, ReactNode } from "react";
import { Problem } from "./problem.tsx";

const useStyles = makeStyles({
  surface: { maxWidth: "720px" },
  fields: { display: "grid", gap: tokens.spacingVerticalM, paddingBlock: tokens.spacingVerticalS },
});

interface FormDialogProps {
  readonly title: string;
  readonly confirm: string;
  /** Of the last try; null: none, or it went well. */
  readonly error: unknown;
  /** False while it is sent, or something is missing. */
  readonly maySubmit: boolean;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function FormDialog(given: FormDialogProps) {
  const { title, confirm, error, maySubmit, onSubmit, onClose, children } = given;
  const styles = useStyles();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => (open ? undefined : onClose())}>
      <DialogSurface className={styles.surface}>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className={styles.fields}>
              {error === null ? null : <Problem error={error} />}
              {children}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Leave it</Button>
              <Button appearance="primary" type="submit" disabled={!maySubmit}>
                {confirm}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
