import { lazy, Suspense, type ComponentProps } from "react";

const Panel = lazy(() => import("./AnswerInspector"));

/** What is known of the answer that has the focus: how it was asked, and what went over the wire. */
export function AnswerInspector(props: ComponentProps<typeof Panel>) {
  return (
    <Suspense>
      <Panel {...props} />
    </Suspense>
  );
}
