import { lazy, Suspense, type ReactNode } from "react";

const Panel = lazy(() => import("./AnswerInspector"));

/** What is known of the answer that has the focus: how it was asked, and what went over the wire. */
export function AnswerInspector({ tree }: { tree: ReactNode }) {
  return (
    <Suspense>
      <Panel tree={tree} />
    </Suspense>
  );
}
