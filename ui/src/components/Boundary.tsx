import { Copy } from "lucide-react";
import { Component, type ErrorInfo, type ReactNode } from "react";
import { reason } from "@/ipc";
import { Button } from "./Button";
import { copy } from "./copy";
import { ErrorState } from "./States";

type Props = {
  /** What cannot be shown when it fails: `This tab`. */
  what: string;
  /** Before it is tried again. */
  onAgain?: () => void;
  /** A further way out; it is left to itself to make the failed part go away. */
  way?: { label: string; go: () => void };
  children: ReactNode;
};

type State = { problem: { error: unknown; where: string } | null };

/** What fails in here stays in here, says why, and leaves a way out. */
export class Boundary extends Component<Props, State> {
  override state: State = { problem: null };

  static getDerivedStateFromError(error: unknown): State {
    return { problem: { error, where: "" } };
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    this.setState({ problem: { error, where: componentStack ?? "" } });
  }

  again = (): void => {
    this.props.onAgain?.();
    this.setState({ problem: null });
  };

  override render(): ReactNode {
    const { what, way, children } = this.props;
    const { problem } = this.state;
    if (!problem) return children;
    const { error, where } = problem;
    const details = [
      `${what}: ${reason(error)}`,
      error instanceof Error ? (error.stack ?? "") : "",
      where.trim(),
    ].join("\n\n");
    return (
      <ErrorState title={`${what} cannot be shown`} why={reason(error)} onRetry={this.again}>
        {way && (
          <Button
            onClick={() => {
              way.go();
              this.setState({ problem: null });
            }}
          >
            {way.label}
          </Button>
        )}
        <Button onClick={() => void copy(details, "Copied what happened")}>
          <Copy size={14} />
          Copy
        </Button>
      </ErrorState>
    );
  }
}
