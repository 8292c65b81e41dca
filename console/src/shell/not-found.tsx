/** An address without a page. */
import { Link } from "@tanstack/react-router";
import { Page } from "./page.tsx";

export function NotFound() {
  return (
    <Page title="There is no such page">
      <Link to="/">Go to the overview</Link>
    </Page>
  );
}
