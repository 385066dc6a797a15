/** What an open conversation is made of. A window begins with the prompt: this is asked for at once, but nothing waits. */
import { Suspense, type ComponentProps } from "react";
import { Skeleton } from "@/components/States";
import { later, soon } from "@/lib/later";
import styles from "./Workbench.module.css";

const header = import("./Header");
const turn = import("./TurnView");
const columns = import("./Columns");
const find = import("./find/FindBar");
const LazyHeader = soon(async () => (await header).Header);
const LazyPrompt = soon(async () => (await turn).Prompt);
const LazyTurnRows = soon(async () => (await turn).TurnRows);
const LazyColumns = soon(async () => (await columns).Columns);
const LazyVoteBar = later(() => import("./judging/VoteBar").then((module) => module.VoteBar));
const LazyFindBar = soon(async () => (await find).FindBar);

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

export const VoteBar = (props: ComponentProps<typeof LazyVoteBar>) => (
  <Suspense>
    <LazyVoteBar {...props} />
  </Suspense>
);
