import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, expect, test, vi } from "vitest";
import { connectTo, type StartRun } from "@/ipc";
import { fake } from "@/ipc/fake";
import { EstimateSum } from "./EstimateSum";
import { useEstimates } from "./estimates";

function Shown({ request }: { request: StartRun }) {
  return <EstimateSum {...useEstimates(request)} />;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("an estimate that failed says so, and why", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  connectTo({
    ...fake({ scene: "fresh", storage: null }),
    estimate: () => Promise.reject(new Error("the catalog cannot be read")),
  });
  const place = document.createElement("div");
  const root = createRoot(place);
  const parts = [{ type: "text" as const, text: "how much?" }];
  await act(() => root.render(<Shown request={{ parts, columns: [{ target: "simulated/fast" }] }} />));
  await act(() => vi.advanceTimersByTimeAsync(1_000));
  expect(place.querySelector("[role=status]")?.textContent).toBe("estimate failed");
  expect(place.querySelector("[role=status]")?.getAttribute("title")).toBe("the catalog cannot be read");
  act(() => root.unmount());
});
