/** What an open conversation is made of. A window begins with the prompt: this is asked for at once, but nothing waits. */
import { lazy, Suspense, type ComponentProps } from "react";
import { Skeleton } from "@/components/States";
import styles from "./Workbench.module.css";

const header = import("./Header");
const turn = import("./TurnView");
const columns = import("./Columns");
const find = import("./find/FindBar");
const LazyHeader = lazy(async () => ({ default: (await header).Header }));
const LazyPrompt = lazy(async () => ({ default: (await turn).Prompt }));
const LazyTurnRows = lazy(async () => ({ default: (await turn).TurnRows }));
const LazyColumns = lazy(async () => ({ default: (await columns).Columns }));
const LazyFindBar = lazy(async () => ({ default: (await find).FindBar }));

export const Header = (props: ComponentProps<typeof LazyHeader>) => (
  <Suspense fallback={<div className={styles.bar} />}>
    <LazyHeader {...props} />
  </Suspense>
);

export const Prompt = (props: ComponentProps<typeof LazyPrompt>) => (
  <Suspense>
    <LazyPrompt {...props} />
  </Suspense>
);

export const TurnRows = (props: ComponentProps<typeof LazyTurnRows>) => (
  <Suspense>
    <LazyTurnRows {...props} />
  </Suspense>
);

export const Columns = (props: ComponentProps<typeof LazyColumns>) => (
  <Suspense fallback={<Skeleton rows={10} label="Opening the conversation" />}>
    <LazyColumns {...props} />
  </Suspense>
);

export const FindBar = (props: ComponentProps<typeof LazyFindBar>) => (
  <Suspense>
    <LazyFindBar {...props} />
  </Suspense>
);
