import { act, useState } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Boundary } from "./Boundary";

let root: Root;
let page: HTMLElement;
let broken = true;

function Fragile() {
  const [count] = useState(1);
  if (broken) throw new Error("a width is no number");
  return <p>drawn {count}</p>;
}

const press = (label: string) =>
  act(() => [...page.querySelectorAll("button")].find((each) => each.textContent === label)?.click());

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  // React tells the console of what was caught.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  page = document.createElement("div");
  root = createRoot(page);
  broken = true;
});
afterEach(() => act(() => root.unmount()));

test("what fails says why and leaves the rest alone, and can be tried again", () => {
  act(() =>
    root.render(
      <>
        <p>the frame</p>
        <Boundary what="This tab">
          <Fragile />
        </Boundary>
      </>,
    ),
  );
  expect(page.textContent).toContain("the frame");
  expect(page.querySelector("[role=alert]")?.textContent).toContain("a width is no number");
  press("Try again");
  expect(page.querySelector("[role=alert]")).not.toBeNull();
  broken = false;
  press("Try again");
  expect(page.textContent).toBe("the framedrawn 1");
});

test("there is another way out than to try again", () => {
  const gone = vi.fn(() => (broken = false));
  act(() =>
    root.render(
      <Boundary what="This tab" way={{ label: "Close the tab", go: gone }}>
        <Fragile />
      </Boundary>,
    ),
  );
  press("Close the tab");
  expect(gone).toHaveBeenCalledOnce();
  expect(page.textContent).toBe("drawn 1");
});
