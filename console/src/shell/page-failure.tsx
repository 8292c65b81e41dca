/** A page that broke: the rest of the console goes on. */
import { Button } from "@fluentui/react-components";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Problem } from "../parts/problem.tsx";
import { Page } from "./page.tsx";

export function PageFailure({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="This page broke">
      <Problem error={error} />
      <div>
        <Button onClick={reset}>Show it again</Button>{" "}
        <Button onClick={() => location.reload()}>Load everything anew</Button>
      </div>
    </Page>
  );
}
