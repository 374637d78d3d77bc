// Every shipped role: what its menu shows opens, and every button that it is given does what it promises or says why not.

import { ROLES } from "./platform";
import { expect, go, open, test } from "./portal";

/** Buttons that only arrange what is seen, or fetch it again. */
const PLAIN = /^(Copy|Refresh|Load more|CSV|Clear filters|Verify|Select)/;

for (const role of ROLES)
  test(`${role}: every screen and every button of it`, async ({ page, state }) => {
    test.setTimeout(120_000);
    const person = state.people[role];
    if (!person) throw new Error(`nobody is ${role}`);
    await open(page, state, person);
    const places = await page.locator(".side a").evaluateAll((all) => all.map((a) => a.getAttribute("href")?.replace("/portal", "") ?? ""));
    expect(places).toContain("/home");
    const details: string[] = [];
    for (const place of places.filter((one) => one !== "/docs")) {
      await go(page, place);
      await expect(page.locator(".failed")).toHaveCount(0);
      const first = await page.locator("tbody tr td a").first().getAttribute("href", { timeout: 200 }).catch(() => null);
      if (first?.startsWith(`/portal${place}/`)) details.push(first.replace("/portal", ""));
    }
    for (const place of [...places.filter((one) => one !== "/docs" && one !== "/home"), ...details]) {
      await go(page, place);
      await expect(page.locator(".failed")).toHaveCount(0);
      const names = await page.locator("#screen .actions .button:not([data-disabled]), #screen tbody tr:first-child .acts .button:not([data-disabled])").evaluateAll((all) => all.filter((one) => one instanceof HTMLButtonElement).map((one) => one.textContent?.trim() ?? ""));
      for (const name of new Set(names.filter((one) => one && !PLAIN.test(one)))) {
        await page.locator("#screen .actions, #screen .acts").getByRole("button", { name, exact: true }).first().click();
        await expect(page.getByRole("dialog"), `${place}: ${name}`).toBeVisible();
        await expect(page.getByRole("dialog").locator(".loading")).toHaveCount(0);
        await page.keyboard.press("Escape");
        await expect(page.getByRole("dialog")).toHaveCount(0);
      }
      // What cannot be done now says why.
      for (const why of await page.locator("#screen .why").allTextContents()) expect(why.length, place).toBeGreaterThan(3);
    }
  });

test("an address of another role's says which right it needs", async ({ page, state }) => {
  await open(page, state, state.people.support ?? state.ada, "/keys");
  await expect(page.getByText("This needs the right key.read")).toBeVisible();
});
