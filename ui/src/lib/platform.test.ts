import { expect, test } from "vitest";
import { keysText, pressed, recorded, sameKeys } from "./platform";

const key = (key: string, held: Partial<KeyboardEvent> = {}): KeyboardEvent =>
  ({
    key,
    code: "",
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...held,
  }) as KeyboardEvent;

test("a shortcut is exactly its keys, no more and no fewer held", () => {
  expect(pressed(key("p", { ctrlKey: true }), "Mod+P")).toBe(true);
  expect(pressed(key("P", { ctrlKey: true, shiftKey: true }), "Mod+P")).toBe(false);
  expect(pressed(key("P", { ctrlKey: true, shiftKey: true }), "Mod+Shift+P")).toBe(true);
  expect(pressed(key("Tab", { ctrlKey: true }), "Ctrl+Tab")).toBe(true);
  expect(pressed(key("i", { ctrlKey: true }), "Mod+Alt+I")).toBe(false);
});

test("with Alt, and for digits, the place of the key counts on layouts that write another sign", () => {
  expect(pressed(key("ı", { code: "KeyI", ctrlKey: true, altKey: true }), "Mod+Alt+I")).toBe(true);
  expect(pressed(key("&", { code: "Digit1", ctrlKey: true }), "Mod+1")).toBe(true);
});

test("what is pressed is written as the command table writes it", () => {
  expect(recorded(key("k", { ctrlKey: true }))).toBe("Mod+K");
  expect(recorded(key("Control", { ctrlKey: true }))).toBeNull();
  expect(recorded(key("k"))).toBeNull();
  expect(recorded(key("F5"))).toBe("F5");
  expect(recorded(key("PageUp", { ctrlKey: true, shiftKey: true }))).toBe("Mod+Shift+PageUp");
  expect(recorded(key("i", { code: "KeyI", ctrlKey: true, altKey: true }))).toBe("Mod+Alt+I");
});

test("Ctrl and Mod are one key where there is no ⌘", () => {
  expect(sameKeys("Ctrl+Tab", "Mod+Tab")).toBe(true);
  expect(sameKeys("Shift+Mod+P", "Mod+Shift+P")).toBe(true);
  expect(sameKeys("Mod+P", "Mod+Shift+P")).toBe(false);
  expect(keysText("Mod+Shift+PageUp")).toBe("Ctrl ⇧ PgUp");
});
