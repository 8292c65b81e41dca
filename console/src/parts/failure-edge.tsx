/** Keeps a part of a page that cannot be fetched or drawn from taking the rest with it. */
import { Spinner } from "@fluentui/react-components";
import { Component, type ReactNode, Suspense } from "react";
import { Problem } from "./problem.tsx";

interface EdgeProps {
  readonly children: ReactNode;
}

export class FailureEdge extends Component<EdgeProps, { readonly error: unknown }> {
  override state = { error: undefined as unknown };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error !== undefined) return <Problem error={this.state.error} />;
    return (
      <Suspense fallback={<Spinner size="tiny" label="Loading" />}>{this.props.children}</Suspense>
    );
  }
}
