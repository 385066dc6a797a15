import { expect, test } from "@playwright/test";
import { addTargets, ask, ended, openFresh } from "./steps";

const sink = "https://sink.test";
/** What a model, or whoever speaks through it, may try. Each calls `hit()` or asks the sink, if it can. */
const payloads = [
  `<script>hit()</script>`,
  `<img src=x onerror=hit()>`,
  `<svg onload=hit()>`,
  `<svg><script>hit()</script></svg>`,
  `<svg><animate onbegin=hit() attributeName=x dur=1s>`,
  `<iframe src="javascript:parent.hit()"></iframe>`,
  `<iframe srcdoc="<script>parent.hit()</script>"></iframe>`,
  `<object data="javascript:hit()"></object>`,
  `<embed src="${sink}/embed">`,
  `<link rel=stylesheet href="${sink}/css">`,
  `<link rel=prefetch href="${sink}/prefetch">`,
  `<style>@import "${sink}/import"; body { background: url(${sink}/bg) }</style>`,
  `<base href="${sink}/">`,
  `<meta http-equiv=refresh content="0;url=${sink}/refresh">`,
  `<form action="${sink}/form"><button autofocus onfocus=hit()>x</button></form>`,
  `<a href="javascript:hit()" ping="${sink}/ping">x</a>`,
  `<video src="${sink}/video" poster="${sink}/poster" autoplay onerror=hit()></video>`,
  `<audio src="${sink}/audio" onerror=hit()>`,
  `<details open ontoggle=hit()>x</details>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=hit()></style></mglyph></table></mtext></math>`,
  `<noscript><p title="</noscript><img src=x onerror=hit()>"></noscript>`,
  `<template><img src=x onerror=hit()></template>`,
  `<input autofocus onfocus=hit()>`,
  `[x](javascript:hit())`,
  `[x](JaVaScRiPt:hit())`,
  `[x](java&#10;script:hit())`,
  `[x](&#1;javascript:hit())`,
  `[x](data:text/html,<script>hit()</script>)`,
  `[x](vbscript:hit())`,
  `[x](file:///etc/passwd)`,
  `[x](tauri://localhost/)`,
  `[x][r]\n\n[r]: javascript:hit()`,
  `<javascript:hit()>`,
  `![x](${sink}/image.png)`,
  `![x](${sink}/image.png "title" onerror=hit())`,
  `![x][i]\n\n[i]: ${sink}/reference.png`,
  `![x](javascript:hit())`,
  `![x](data:image/svg+xml,<svg onload=hit()>)`,
  `[![x](${sink}/nested.png)](${sink}/link)`,
  `${sink}/autolink www.sink.test`,
  '```mermaid\ngraph TD; A[<img src=x onerror=hit()>] --> B; click A href "javascript:hit()"\n```',
  "```html\n<script>hit()</script>\n```",
  "````\n```\n</code></pre><script>hit()</script>\n````",
  "`` `<img src=x onerror=hit()>` ``",
  `$$\\href{javascript:hit()}{x}$$ $\\includegraphics{${sink}/tex}$`,
  `| <img src=x onerror=hit()> | b |\n| --- | --- |\n| <script>hit()</script> | ![x](${sink}/cell) |`,
  `[^1]\n\n[^1]: <img src=x onerror=hit()> ![x](${sink}/note)`,
  `\u001b]8;;javascript:hit()\u0007ANSI\u001b]8;;\u0007`,
  `\u202e\u2066txt.exe\u2069\u202c <b onmouseover=hit()>bidi</b>`,
  `{{constructor.constructor("hit()")()}} \${hit()} #{hit()}`,
  `${"> ".repeat(400)}deep`,
  `${"[".repeat(2000)}x${"](y)".repeat(200)}`,
  `${"*a_".repeat(2000)}`,
];

test("no answer runs a script, leaves the page or asks the network for anything", async ({ page }) => {
  test.setTimeout(180_000);
  const strange: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith("http://127.0.0.1:4173/")) strange.push(request.url());
  });
  page.on("framenavigated", (frame) => {
    if (!frame.url().startsWith("http://127.0.0.1:4173/")) strange.push(`went to ${frame.url()}`);
  });
  page.on("popup", (popup) => strange.push(`opened ${popup.url()}`));
  page.on("pageerror", (error) => strange.push(`threw ${error.message}`));
  await page.addInitScript(() =>
    Object.assign(window, { hit: () => ((window as unknown as { wasHit: boolean }).wasHit = true) }),
  );

  await openFresh(page);
  await addTargets(page, "simulated/fast?tps=4000&ttft=10");
  const target = "simulated/fast?tps=4000&ttft=10";
  for (const payload of payloads) {
    await ask(page, `/echo ${payload}`);
    await expect(page.getByRole("button", { name: "Send", exact: true })).toContainText("Send");
    await ended(page, target);
    const body = page.getByRole("group", { name: /^Text of/ });
    for (const link of await body.locator("[class*=link]").all())
      await link.click({ timeout: 1_000 }).catch(() => undefined);
    expect(
      await body
        .locator("script, img, iframe, object, embed, link, style, form, video, audio, a, base, meta, math")
        .count(),
      payload,
    ).toBe(0);
  }
  // The same words as a title, a tool's name and arguments, a failure, a target.
  const worst = `<img src=x onerror=hit()>`;
  await ask(page, `/tool ${worst.replaceAll(" ", "_")} ${JSON.stringify({ a: payloads[0] })}`);
  await ended(page, target);
  await ask(page, `/fail ${worst} ${payloads.slice(0, 8).join(" ")}`);
  await expect(page.getByRole("region", { name: /^Answer of/ })).toContainText("The call failed");
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByRole("button", { name: /^Remove target/ }).click();
  await addTargets(page, `simulated/<svg/onload=hit()>`);
  await ask(page, `${worst} as a title`);
  await expect(page.getByRole("navigation", { name: "Conversations" })).toContainText(worst);

  expect(await page.evaluate(() => "wasHit" in window)).toBe(false);
  expect(strange).toEqual([]);
});
