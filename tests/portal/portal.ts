// What every test has: a page that is watched, and somebody who signs in.

import { test as plain, expect, type BrowserContext, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Person, STATE, type State } from "./platform";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What a browser says of the page that nobody has to see: violations of its policy, errors, requests elsewhere. */
class Watch {
  readonly seen: string[] = [];
  /** Answers of these statuses are what a test is about. */
  readonly expected = new Set<number>();
  on(page: Page): void {
    page.on("pageerror", (error) => this.seen.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => {
      this.seen.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      const [text, where] = [message.text(), message.location().url];
      // Whoever has no session is told so, and the browser notes it.
      if (where.endsWith("/identity/v1/portal/refresh") && text.includes("401")) return;
      const status = Number(/status of (\d+)/.exec(text)?.[1]);
      if (!this.expected.has(status)) this.seen.push(`${message.type()}: ${text} (${where})`);
    });
    page.on("request", (asked) => {
      const url = asked.url();
      if (!url.startsWith("https://localhost:8443/") && !url.startsWith("data:") && !url.startsWith("blob:")) this.seen.push(`foreign: ${url}`);
    });
  }
}

export const test = plain.extend<{ state: State; watch: Watch; watched: undefined }>({
  // biome-ignore lint: Playwright reads the names of fixtures from the pattern.
  state: async ({}, use) => use(JSON.parse(readFileSync(STATE, "utf8")) as State),
  // biome-ignore lint: as above.
  watch: async ({}, use) => use(new Watch()),
  watched: [
    async ({ context, watch }, use) => {
      context.on("page", (page) => watch.on(page));
      await use(undefined);
      expect(watch.seen).toEqual([]);
    },
    { auto: true },
  ],
});

/** Fills the form that is there; the page may be at any address. */
export async function enter(page: Page, state: State, person: Person): Promise<void> {
  await page.getByLabel("Tenant").fill(state.tenant);
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator("main h1")).toBeVisible();
  await expect(page.locator(".shell")).toBeVisible();
}

export async function open(page: Page, state: State, person: Person, path = "/home"): Promise<void> {
  await page.goto(`/portal${path}`);
  await enter(page, state, person);
}

/** Goes to a screen as a link does, and waits until it is there. */
export async function go(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => history.pushState(null, "", to), `/portal${path}`);
  await expect(page.locator(".loading")).toHaveCount(0);
  await expect(page.locator("main h1")).toBeVisible();
}

/** Presses Tab until what has the focus is called so, in a card or line that says `within`. */
export async function tabTo(page: Page, name: string | RegExp, within = ""): Promise<void> {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press("Tab");
    const [said, visible, around] = await page.evaluate(() => {
      const at = document.activeElement as HTMLElement | null;
      const labelled = at instanceof HTMLInputElement || at instanceof HTMLSelectElement ? (at.labels?.[0]?.textContent ?? "") : "";
      const shown = at?.matches(":focus-visible") ?? false;
      const around = at?.closest("li, .card, [role=dialog]")?.textContent ?? "";
      return [(at?.getAttribute("aria-label") ?? (labelled || at?.textContent) ?? "").trim(), shown, around] as const;
    });
    if ((typeof name === "string" ? said === name : name.test(said)) && around.includes(within)) {
      expect(visible, `the focus on ${said} is not seen`).toBe(true);
      return;
    }
  }
  throw new Error(`no Tab leads to ${name}`);
}

interface Found {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** What axe finds wrong, by rule. It comes in through the debugger: the page's policy lets no script in. */
export async function axe(page: Page): Promise<string[]> {
  const has = await page.evaluate("typeof axe !== 'undefined'");
  if (!has) {
    const session = await page.context().newCDPSession(page);
    await session.send("Runtime.evaluate", { expression: AXE });
    await session.detach();
  }
  const found = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 3).map(({ html, failureSummary }) => ({ html, failureSummary })) })))")) as Found[];
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((n) => `${n.html.slice(0, 200)} ${n.failureSummary ?? ""}`).join(" | ")}`);
}

export { expect, type BrowserContext, type Page };
