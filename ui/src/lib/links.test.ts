import { expect, test } from "vitest";
import { safeUrl } from "./links";

test("only http, https and mailto are links", () => {
  for (const good of ["http://a.test/", "https://a.test/x?y", "mailto:a@b.test", "HTTPS://A.test"])
    expect(safeUrl(good), good).not.toBeNull();
  const bad = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,<script>",
    "vbscript:x",
    "file:///etc/passwd",
    "tauri://localhost",
    "ipc://x",
    "asset://x",
    "blob:https://a.test/1",
    "about:blank",
    "chrome://gpu",
    "//a.test",
    "/x",
    "#x",
    "intent://x",
    "ssh://a",
    "ftp://a",
    "ws://a",
    "javascript&colon;alert(1)",
    "https://a.test/\u202egpj.exe",
    "",
  ];
  for (const url of bad) expect(safeUrl(url), url).toBeNull();
});
