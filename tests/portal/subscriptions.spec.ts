// What is billed again and again: made, billed, changed now and for the next period, ended, and by whom.

import { axe, expect, go, open, tabTo, test } from "./portal";

test("a subscription is made, billed, changed by keyboard with its reasons, and ends with its period", async ({ page, state }) => {
  await open(page, state, state.olga, `/customers/${state.ids.subscriber}`);
  await page.getByRole("button", { name: "New subscription" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Price, item 1").selectOption(state.ids.tiers ?? "");
  await dialog.getByRole("button", { name: "Another item" }).click();
  // What has another currency or interval cannot be chosen beside it.
  await expect(dialog.getByLabel("Price, item 2").locator("option", { hasText: "€42.00 every month" })).toHaveCount(1);
  await dialog.getByRole("button", { name: "Remove, item 2" }).click();
  await dialog.getByLabel("Quantity, item 1").fill("two");
  await dialog.getByRole("button", { name: "New subscription" }).click();
  await expect(dialog.getByText("Quantities are numbers")).toBeVisible();
  await dialog.getByLabel("Quantity, item 1").fill("8");
  await dialog.getByRole("button", { name: "New subscription" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("not billed yet");
  const own = new URL(page.url()).pathname.replace("/portal", "");

  await page.getByRole("button", { name: "Bill now" }).click();
  await expect(dialog.getByRole("row", { name: /^Total/ })).toContainText("€15.47");
  await dialog.getByRole("button", { name: "Bill now" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("INV-");
  await page.locator("dd a", { hasText: "sub_" }).click();
  await expect(page.getByText("Nothing is due yet.")).toBeVisible();

  await tabTo(page, "Change");
  await page.keyboard.press("Enter");
  await expect(dialog.getByLabel("Price, item 1")).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("12,5");
  await expect(dialog.getByRole("list", { name: "What changes" }).getByRole("listitem")).toHaveText([/^− 8 × .*: graduated, from €2\.00 every month$/, /^\+ 12\.5 × /]);
  await tabTo(page, "Change");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "The subscription has been changed." })).toBeVisible();
  // All of the period is charged anew, and the next one: 17.50 − 13.00 + 17.50, and its tax.
  await expect(dialog.getByRole("row", { name: /^Total/ })).toContainText("€26.18");
  await dialog.locator("summary", { hasText: "How it came about" }).first().click();
  await expect(dialog.getByRole("row", { name: "7.5 €1.00 €0.00 €7.50" }).first()).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Close" }).click();

  await page.getByRole("button", { name: "Change", exact: true }).click();
  await dialog.getByLabel("Quantity, item 1").fill("3");
  await dialog.getByLabel("When it counts").selectOption("with the next period");
  await dialog.getByRole("button", { name: "Change" }).click();
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("columnheader", { name: "From the next period on" })).toBeVisible();
  await expect(page.getByRole("cell", { name: /^3 × graduated/ })).toBeVisible();

  await page.getByRole("button", { name: "Cancel subscription" }).click();
  await dialog.getByLabel("When it ends").selectOption("with its period");
  await dialog.getByRole("button", { name: "End it" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("ending");
  await go(page, `/subscriptions?customer=${state.ids.subscriber}&status=active`);
  await expect(page.locator(`tbody a[href="/portal${own}"]`)).toBeVisible();
});

test("whoever only reads subscriptions sees why they cost what they cost, and no button", async ({ page, state }) => {
  await open(page, state, state.people.support ?? state.ada, `/subscriptions/${state.ids.subscription}`);
  await page.locator("summary", { hasText: "How it came about" }).click();
  await expect(page.getByText(/^\d+ of \d+ days of a whole period\.$/).first()).toBeVisible();
  // Five seats at two euros, and the others at one.
  await expect(page.getByRole("row", { name: "5 €2.00 €0.00 €10.00" }).first()).toBeVisible();
  await expect(page.getByText("It takes back a part of what was billed.")).toBeVisible();
  await expect(page.locator("#screen .actions .button")).toHaveCount(0);
});
