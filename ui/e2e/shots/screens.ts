/** How each screen is reached on the made-up engine. */
import { expect, type Page } from "@playwright/test";
import { prompt } from "../steps";

export const START = new Date("2026-03-12T10:24:00Z");
/** The moment at which live answers are looked at: the clock stands still there. */
const STILL = new Date("2026-03-12T10:40:00Z");

type Screen = (page: Page) => Promise<void>;

const open = async (page: Page, query: string) => {
  await page.goto(`/?${query}`);
  await expect(page.getByRole("navigation", { name: "Activities" })).toBeVisible();
  await page.clock.runFor(300);
};

/** Through the palette, which every command is in. */
async function command(page: Page, title: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search commands" }).fill(title);
  await page.clock.runFor(200);
  await page.keyboard.press("Enter");
  await page.clock.runFor(300);
}

const settings =
  (title: string, query = "scene=full", then?: Screen): Screen =>
  async (page) => {
    await open(page, query);
    await command(page, title);
    await then?.(page);
  };

/** The conversation with a finished, a reasoning and a failed answer. */
const compared =
  (then?: Screen): Screen =>
  async (page) => {
    await open(page, "scene=full");
    await command(page, "Retry policy for flaky upstreams");
    await expect(page.getByRole("region", { name: /^Answer of/ }).first()).toBeVisible();
    await then?.(page);
  };

/** A new conversation with these targets, asked, and looked at so long after. */
const asked =
  (targets: string[], text: string, after: number, then?: Screen): Screen =>
  async (page) => {
    await open(page, "scene=full");
    await command(page, "New conversation");
    const removable = page.getByRole("button", { name: /^Remove target/ });
    while ((await removable.count()) > 0) await removable.first().click();
    await page.keyboard.press("Control+m");
    const search = page.getByRole("combobox", { name: "Search models" });
    for (const target of targets) {
      await search.fill(target);
      await page.clock.runFor(200);
      await page.getByRole("listbox").getByRole("option", { name: target }).first().click();
    }
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await prompt(page).fill(text);
    await page.clock.runFor(400);
    await page.clock.pauseAt(STILL);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.clock.runFor(after);
    await then?.(page);
  };

const three = ["anthropic/claude-sonnet-4.6", "simulated/reasoning", "simulated/slow"];
const eight = [
  "simulated/steady",
  "simulated/fast",
  "simulated/slow",
  "simulated/reasoning",
  "simulated/tools",
  "simulated/limited",
  "anthropic/claude-sonnet-4.6",
  "ollama/qwen3:4b",
];
const question = "What is a good retry policy for a client of a flaky service?";
const code = `/echo A whole file:\n\n\`\`\`ts\n${Array.from({ length: 400 }, (_, i) => `export const line${i} = (x: number) => x * ${i}; // line ${i}`).join("\n")}\n\`\`\``;
const rich = String.raw`/echo Two formulas, $a^2 + b^2 = c^2$ and

$$\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}$$

| Function | Mean | p99 |
| :-- | --: | --: |
| first call with a cold cache | 120 ms | 380 ms |
| second call | 9 ms | 21 ms |

> A quotation with a [link](https://example.org/page) and ${"`code`"}.

![A diagram](https://example.org/diagram.png)

1. First
   - with a **strong** word
2. Second[^1]

[^1]: A note.
`;

const hide: Screen = async (page) => {
  await page.keyboard.press("Control+Shift+h");
  await page.clock.runFor(6_000);
};

export const screens: Record<string, Screen> = {
  welcome: (page) => open(page, "scene=fresh"),
  new: async (page) => {
    await open(page, "scene=full");
    await command(page, "New conversation");
  },
  compared: compared(),
  "compared-inspector": compared(async (page) => {
    await page
      .getByRole("region", { name: /^Answer of/ })
      .first()
      .click();
    await page.keyboard.press("Control+Alt+i");
  }),
  "compared-inspector-raw": compared(async (page) => {
    await page
      .getByRole("region", { name: /^Answer of/ })
      .first()
      .click();
    await page.keyboard.press("Control+Alt+i");
    await page.getByRole("complementary", { name: "Inspector" }).getByRole("tab", { name: "Raw" }).click();
  }),
  "compared-column-menu": compared(async (page) => {
    await page
      .getByRole("button", { name: /^Menu of/ })
      .first()
      .click();
  }),
  "compared-turn-menu": compared(async (page) => {
    await page.getByRole("button", { name: "More for this turn" }).first().click();
  }),
  "live-waiting": asked(three, question, 200),
  "live-streaming": asked(three, question, 3_200),
  "live-eight": asked(eight, question, 2_400),
  "done-eight": asked(eight, question, 60_000),
  "done-failed": asked(["simulated/steady", "simulated/limited"], "/fail auth the key was refused", 3_000),
  "done-tools": asked(["simulated/tools", "simulated/reasoning"], question, 60_000),
  "done-rich": asked(["simulated/fast?tps=4000&ttft=10"], rich, 6_000),
  "done-long-code": asked(["simulated/fast?tps=4000&ttft=10", "simulated/steady?tps=4000"], code, 12_000),
  "done-stopped": asked(["simulated/slow", "simulated/steady"], question, 5_000, async (page) => {
    await page.keyboard.press("Control+Shift+Escape");
    await page.clock.runFor(300);
  }),
  queued: asked(three, question, 1_500, async (page) => {
    await prompt(page).fill("And what of calls that cost money?");
    await page.keyboard.press("Control+Enter");
  }),
  picker: async (page) => {
    await open(page, "scene=full");
    await command(page, "New conversation");
    await page.keyboard.press("Control+m");
  },
  "picker-nothing": async (page) => {
    await open(page, "scene=full");
    await command(page, "New conversation");
    await page.keyboard.press("Control+m");
    await page.getByRole("combobox", { name: "Search models" }).fill("zzzz");
  },
  parameters: async (page) => {
    await open(page, "scene=full");
    await command(page, "New conversation");
    await page.getByRole("button", { name: "System text and parameters" }).click();
  },
  attached: async (page) => {
    await open(page, "scene=full");
    await command(page, "New conversation");
    const file = (name: string, mimeType: string) => ({ name, mimeType, buffer: Buffer.from("text of it") });
    await page
      .locator("input[type=file]")
      .first()
      .setInputFiles([
        file("limits.pdf", "application/pdf"),
        file("graph.png", "image/png"),
        file("a rather long name of a source file that must be cut.rs", "text/plain"),
      ]);
    await prompt(page).fill("Compare **these** files.\n\n- first\n- second\n\n```rust\nfn main() {}\n```");
  },
  blind: asked(three, question, 60_000, hide),
  "blind-inspector": asked(eight.slice(0, 2), question, 60_000, async (page) => {
    await page.keyboard.press("Control+Alt+i");
    await hide(page);
  }),
  "voted-blind": asked(three.slice(1), question, 60_000, async (page) => {
    await hide(page);
    await page.keyboard.press("Alt+4");
    await page.clock.runFor(600);
  }),
  "voted-many": asked(eight.slice(0, 4), question, 60_000, async (page) => {
    await page.getByRole("button", { name: "Vote on answers" }).click();
    await page.keyboard.press("Alt+2");
    await page.clock.runFor(600);
    await page.getByRole("button", { name: "Best answer" }).nth(3).click();
    await page.clock.runFor(600);
  }),
  judged: asked(three.slice(1), question, 60_000, async (page) => {
    await page.keyboard.press("Control+Alt+i");
    await page.keyboard.press("Control+Shift+j");
    await page.clock.runFor(600);
    await page.getByRole("dialog").getByRole("button", { name: "Choose" }).click();
    await page.clock.runFor(600);
    await page.getByRole("combobox", { name: "Search models" }).fill("simulated/steady");
    await page.clock.runFor(200);
    await page.keyboard.press("Enter");
    await page.clock.runFor(400);
    await page.getByRole("button", { name: "Ask twice" }).click();
    await page.clock.runFor(4_000);
  }),
  ratings: asked(eight.slice(0, 4), question, 60_000, async (page) => {
    for (const at of [3, 0, 1]) {
      await page.getByRole("button", { name: "Best answer" }).nth(at).click();
      await page.clock.runFor(600);
    }
    await page.keyboard.press("Alt+1");
    await page.clock.runFor(600);
    await command(page, "Ratings models");
    await page.clock.runFor(1_000);
  }),
  "ratings-empty": settings("Ratings models", "scene=fresh"),
  routing: settings("Routing"),
  "routing-candidate": settings("Routing", "scene=full", async (page) => {
    await page.clock.runFor(600);
    await page
      .getByRole("table", { name: "Live ranking" })
      .getByRole("row")
      .nth(1)
      .getByRole("button")
      .click();
  }),
  "routing-expression": settings("Routing", "scene=full", async (page) => {
    await page.clock.runFor(600);
    await page.getByRole("switch", { name: "Score by an expression" }).click();
    await page.getByRole("textbox", { name: "Score" }).fill("0.6*qualty + 0.3*cost");
    await page.clock.runFor(600);
  }),
  "routing-own": settings("Routing", "scene=full", async (page) => {
    await page.clock.runFor(600);
    await page
      .getByRole("navigation", { name: "Routes" })
      .getByRole("button", { name: /cheap-code/ })
      .click();
    await page.clock.runFor(600);
  }),
  "routing-fresh": settings("Routing", "scene=fresh", (page) => page.clock.runFor(600)),
  "routing-try": settings("Routing: try a prompt", "scene=full", (page) => page.clock.runFor(600)),
  "routing-health": settings("Routing: breakers and limits"),
  "routing-learned": settings("Routing: what was learned"),
  "routing-learned-fresh": settings("Routing: what was learned", "scene=fresh"),
  "routing-faults": settings("Routing: simulate a fault", "scene=full", async (page) => {
    await page.getByRole("button", { name: "Choose a provider or model" }).click();
    await page.getByRole("combobox", { name: "Whom the fault befalls" }).fill("anthropic");
    await page.clock.runFor(200);
    await page.keyboard.press("Enter");
    await page.clock.runFor(300);
    await page.getByRole("group", { name: "Fault" }).getByRole("button", { name: "Slow" }).click();
    await page.getByRole("button", { name: "Simulate", exact: true }).click();
    await page.clock.runFor(300);
  }),
  "done-routed": asked(["auto:private", "auto"], question, 60_000),
  "done-routed-decision": asked(["auto"], question, 60_000, async (page) => {
    await page.getByRole("button", { name: /^Routed to/ }).click();
    await page.clock.runFor(400);
  }),
  "done-routed-inspector": asked(["auto:private"], question, 60_000, async (page) => {
    await page.keyboard.press("Control+Alt+i");
    await page.clock.runFor(400);
  }),
  palette: async (page) => {
    await open(page, "scene=full");
    await page.keyboard.press("Control+k");
  },
  "palette-found": async (page) => {
    await open(page, "scene=full");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search commands" }).fill("the");
  },
  "list-nothing-found": async (page) => {
    await open(page, "scene=full");
    await page.keyboard.press("Control+Shift+f");
    await page.getByLabel("Search conversations").fill("zzzz");
  },
  "list-searched": async (page) => {
    await open(page, "scene=full");
    await page.keyboard.press("Control+Shift+f");
    await page.getByLabel("Search conversations").fill("retry");
    await page.clock.runFor(300);
    await expect(page.locator("[data-hit]").first()).toBeVisible();
  },
  "list-chosen": async (page) => {
    await open(page, "scene=full");
    await command(page, "New folder");
    await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Databases");
    await page.keyboard.press("Enter");
    const rows = page.locator("[data-conversation]");
    await rows.nth(1).click({ modifiers: ["Control"] });
    await rows.nth(3).click({ modifiers: ["Shift"] });
    await expect(page.getByRole("toolbar", { name: "Chosen conversations" })).toBeVisible();
  },
  export: async (page) => {
    await open(page, "scene=full");
    await command(page, "Export all conversations");
    await page.getByRole("button", { name: "Markdown" }).click();
  },
  "settings-providers": settings("Settings: providers"),
  "settings-providers-fresh": settings("Settings: providers", "scene=fresh"),
  "settings-providers-tested": settings("Settings: providers", "scene=full", async (page) => {
    await page.getByRole("button", { name: /^Test/ }).first().click();
    await page.clock.runFor(3_000);
  }),
  "settings-add-provider": settings("Settings: providers", "scene=full", async (page) => {
    await page
      .getByRole("button", { name: /^Add( a)? provider/ })
      .first()
      .click();
  }),
  ...Object.fromEntries(
    ["locked", "waiting", "noCollection", "absent", "failed"].map((state) => [
      `settings-keychain-${state}`,
      settings("Settings: providers", `scene=full&keychain=${state}`),
    ]),
  ),
  "settings-keychain-open": settings("Settings: providers", "scene=full", async (page) => {
    await page.getByRole("button", { name: "Ask now" }).click();
  }),
  "settings-vault-damaged": settings("Settings: providers", "scene=full&keychain=absent&vault=damaged"),
  find: compared(async (page) => {
    await page.keyboard.press("Control+f");
    await page.keyboard.type("retry");
    await page.keyboard.press("Enter");
    await page.clock.runFor(1_000);
    await page.keyboard.press("Enter");
  }),
  "settings-data": settings("Settings: data"),
  "settings-data-erase": settings("Settings: data", "scene=full", async (page) => {
    await page.getByRole("button", { name: "Erase everything" }).first().click();
  }),
  "settings-data-checked": settings("Settings: data", "scene=full", async (page) => {
    await page
      .getByRole("button", { name: /^Check/ })
      .first()
      .click();
    await page.clock.runFor(3_000);
  }),
  "settings-appearance": settings("Settings: appearance"),
  "settings-shortcuts": settings("Settings: shortcuts"),
  "settings-about": settings("About Orchesity"),
  models: settings("Models catalog", "scene=full", async (page) => {
    await page
      .getByRole("searchbox", { name: "Search models" })
      .fill("claude, gpt, gemini, kimi, deepseek, llama-3, qwen3, tune");
    await page.clock.runFor(300);
    await page.getByRole("columnheader", { name: "Output" }).getByRole("button").click();
    await page.clock.runFor(300);
    for (const name of ["anthropic/claude-sonnet-4.6", "openai/gpt-5.4", "ollama/qwen3:4b"])
      await page
        .getByRole("row", { name: `compared ${name}` })
        .first()
        .getByTitle(/^Compare/)
        .click();
    await page.clock.runFor(400);
  }),
  "models-all": settings("Models catalog"),
  "models-detail": settings("Models catalog", "scene=full", async (page) => {
    await page
      .getByRole("row", { name: /anthropic\/claude-sonnet-4\.6/ })
      .first()
      .click();
    await page.clock.runFor(400);
  }),
  "models-nothing": settings("Models catalog", "scene=full", async (page) => {
    await page.getByRole("searchbox", { name: "Search models" }).fill("no such model");
    await page.clock.runFor(400);
  }),
  "models-rankings": settings("Models: rankings"),
  "models-cost": settings("Models: price calculator"),
  "models-own": settings("Models: your models"),
  "models-own-empty": settings("Models: your models", "scene=fresh"),
  "models-own-dialog": settings("Models: your models", "scene=full", async (page) => {
    await page.getByRole("button", { name: "Change openai/gpt-5.4" }).click();
    await page.clock.runFor(400);
  }),
  "models-names": settings("Models: doubtful names"),
  "models-sources": settings("Models: sources"),
  "models-sources-fresh": settings("Models: sources", "scene=fresh"),
  "link-dialog": compared(async (page) => {
    await page
      .getByRole("group", { name: /^Text of/ })
      .getByRole("button", { name: "RFC 9110" })
      .first()
      .click();
  }),
};
