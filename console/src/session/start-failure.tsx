/** The agent does not answer as the page starts: says so, and tries again by itself. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { useEffect } from "react";
import { Problem } from "../parts/problem.tsx";

const tryAgainMs = 3_000;

const useStyles = makeStyles({
  page: {
    display: "grid",
    gap: tokens.spacingVerticalL,
    justifyItems: "start",
    maxWidth: "640px",
    margin: "15vh auto",
    padding: tokens.spacingHorizontalL,
  },
});

export function StartFailure({
  error,
  retry,
}: {
  readonly error: Error;
  readonly retry: () => void;
}) {
  const styles = useStyles();
  useEffect(() => {
    const timer = setInterval(retry, tryAgainMs);
    return () => clearInterval(timer);
  }, [retry]);
  return (
    <main className={styles.page}>
      <Problem error={error} />
      <Button onClick={retry}>Try again now</Button>
    </main>
  );
}
