/** Fields beside each other, as many as there is room for. */
import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  fields: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(280px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
    // A hint below one makes its neighbour no taller.
    alignItems: "start",
    // A choice of long words is cut off rather than laid over its neighbour.
    "& > *": { minWidth: 0 },
    "& select": { width: "100%", minWidth: 0, textOverflow: "ellipsis" },
  },
});

export function FieldGrid({ children }: { readonly children: ReactNode }) {
  return <div className={useStyles().fields}>{children}</div>;
}
