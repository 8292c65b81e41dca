/** Adds something to a host by its name and one thing more. */
import { Button, Field, Input, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Problem } from "../parts/problem.tsx";

const useStyles = makeStyles({
  form: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
});

interface PlaceAdderProps {
  readonly second: { readonly label: string; readonly placeholder: string };
  readonly button: string;
  readonly add: (name: string, second: string) => Promise<unknown>;
  readonly onAdded: () => void;
}

export function PlaceAdder(given: PlaceAdderProps) {
  const styles = useStyles();
  const [name, setName] = useState("");
  const [second, setSecond] = useState("");
  const add = useMutation({
    mutationFn: () => given.add(name, second),
    onSuccess: () => {
      setName("");
      setSecond("");
      given.onAdded();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      {add.error === null ? null : <Problem error={add.error} />}
      <Field label="Name">
        <Input value={name} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label={given.second.label}>
        <Input
          placeholder={given.second.placeholder}
          value={second}
          onChange={(_, { value }) => setSecond(value)}
        />
      </Field>
      <Button type="submit" disabled={name === "" || second === "" || add.isPending}>
        {given.button}
      </Button>
    </form>
  );
}
