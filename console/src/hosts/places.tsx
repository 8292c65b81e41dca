/** Things of a host under names of their own: listed, forgotten after a question, and added by a form. */
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useAnnounce } from "../parts/announce.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Question } from "../parts/question.tsx";
import { useMay } from "../session/session.tsx";

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto",
    gap: tokens.spacingHorizontalM,
  },
});

export interface Place {
  readonly name: string;
  readonly content: ReactNode;
}

interface PlacesProps {
  readonly title: string;
  /** One of them, as in `Add a pool` and `Forget pool local`. */
  readonly one: string;
  readonly queryKey: readonly string[];
  readonly error: unknown;
  /** Undefined until the host has answered. */
  readonly places: readonly Place[] | undefined;
  /** What there is to know where there is none. */
  readonly none: string;
  /** What stays when one is forgotten. */
  readonly stays: string;
  /** The form of a new one. */
  readonly adder: (parts: {
    readonly onAdded: () => void;
    readonly onClose: () => void;
  }) => ReactNode;
  readonly remove: (name: string) => Promise<unknown>;
}

export function Places(given: PlacesProps) {
  const { title, one, queryKey, error, places, adder } = given;
  const styles = useStyles();
  const mayChange = useMay("administrator");
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [isAdding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<string>();
  const look = () => void cache.invalidateQueries({ queryKey });
  const remove = useMutation({
    mutationFn: given.remove,
    onSuccess: look,
    onError: announce.failed,
    onSettled: () => setLeaving(undefined),
  });
  return (
    <Panel
      title={title}
      actions={
        mayChange ? (
          <Button icon={<AddRegular />} onClick={() => setAdding(true)}>
            Add a {one}
          </Button>
        ) : undefined
      }
    >
      {error === null ? null : <Problem error={error} />}
      {places?.length === 0 ? <Text>{given.none}</Text> : null}
      {places?.map(({ name, content }) => (
        <div key={name} className={styles.row}>
          <div>{content}</div>
          {mayChange ? (
            <Button
              appearance="subtle"
              icon={<DeleteRegular />}
              aria-label={`Forget ${one} ${name}`}
              onClick={() => setLeaving(name)}
            />
          ) : null}
        </div>
      ))}
      {isAdding ? adder({ onAdded: look, onClose: () => setAdding(false) }) : null}
      {leaving === undefined ? null : (
        <Question
          title={`Forget ${one} ${leaving}?`}
          confirm="Forget it"
          isBusy={remove.isPending}
          onClose={() => setLeaving(undefined)}
          onConfirm={() => remove.mutate(leaving)}
        >
          {given.stays}
        </Question>
      )}
    </Panel>
  );
}
