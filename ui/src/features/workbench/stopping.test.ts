import { beforeEach, expect, test } from "vitest";
import { useToasts } from "@/components/toasts";
import { connectTo } from "@/ipc";
import { fake } from "@/ipc/fake";
import { unasked } from "./fold";
import { stopAll } from "./focus";
import { forgetRuns, useLive } from "./live";

beforeEach(() => {
  forgetRuns();
  useToasts.setState({ toasts: [] });
});

test("an answer that cannot be stopped says so", async () => {
  connectTo({
    ...fake({ scene: "fresh", storage: null }),
    stopCompletion: () => Promise.reject(new Error("the engine is busy with its end")),
  });
  useLive.setState({ answers: { c1: { ...unasked, state: { state: "streaming" } } } });
  stopAll();
  await expect
    .poll(() => useToasts.getState().toasts.map(({ text }) => text))
    .toEqual(["the engine is busy with its end"]);
});
