// Roles are changed in the portal: what differs is shown, two people do it, and rights that exclude each other are named.

import { axe, expect, go, open, test } from "./portal";

test("a role gets a new version with a filter, asked for by one and approved by another", async ({ browser, page, state, watch }) => {
  await open(page, state, state.olga, "/roles/support/edit");
  await page.getByLabel("Find a right").fill("payment.refund");
  await page.getByRole("button", { name: "Allow payment.refund" }).click();
  await page.getByRole("button", { name: "Only some …" }).click();
  await page.getByLabel("Attribute").selectOption("amount");
  await page.getByLabel("Comparison").selectOption("le");
  await page.getByLabel("Value").fill("five");
  await expect(page.getByText("amount needs a whole number.").first()).toBeVisible();
  await page.getByLabel("Value").fill("5000");
  await expect(page.getByText("amount ≤ 5000")).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: /^Ask for version/ }).click();
  const changes = page.getByRole("list", { name: "What changes" });
  await expect(changes.getByRole("listitem")).toHaveText(["+ Allows payment.refund: amount ≤ 5000"]);
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Ask for it" }).click();
  await expect(page.getByRole("heading", { name: "A second person must approve this" })).toBeVisible();
  await page.getByRole("button", { name: "Close" }).click();

  const second = await browser.newContext();
  const grace = await second.newPage();
  watch.on(grace);
  await open(grace, state, state.grace, "/approvals");
  const card = grace.locator(".card", { hasText: "support" }).filter({ hasText: "role.write" }).first();
  await card.getByRole("button", { name: "Decide" }).click();
  await grace.getByLabel("Decision").selectOption("approve");
  await grace.getByRole("dialog").getByRole("button", { name: "Decide" }).click();
  await expect(grace.getByRole("status").filter({ hasText: "It is decided." })).toBeVisible();
  await second.close();

  await go(page, "/approvals");
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.locator("li", { hasText: "What changes" }).getByRole("button", { name: "Do it now" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Done:" })).toBeVisible();
  await go(page, "/roles/support");
  await expect(page.getByRole("row", { name: /payment\.refund/ })).toContainText("amount ≤ 5000");
});

test("rights that exclude each other are named while somebody edits", async ({ page, state }) => {
  await open(page, state, state.olga, "/roles/new");
  await page.getByLabel("Id", { exact: true }).fill("checker");
  await page.getByLabel("Name", { exact: true }).fill("Checker");
  await page.getByLabel("Find a right").fill("payment.");
  await page.getByRole("button", { name: "Allow payment.capture" }).click();
  await page.getByRole("button", { name: "Allow payment.refund" }).click();
  await page.getByRole("button", { name: "Another pair" }).click();
  await page.getByLabel("One right").selectOption("payment.capture");
  await page.getByLabel("The other right").selectOption("payment.refund");
  const warning = page.getByRole("status", { name: "Separation of duties" });
  await expect(warning).toContainText("payment.capture and payment.refund exclude each other, and this role would have both.");
  await expect(page.getByRole("button", { name: "New role" })).toBeDisabled();
  await page.getByRole("button", { name: "Remove what the role has of payment.refund" }).click();
  await expect(warning).toContainText("nobody could hold this role together with Integration");
  await expect(page.getByRole("button", { name: "New role" })).toBeEnabled();
});

test("why somebody may do something is said by role and filter", async ({ page, state }) => {
  await open(page, state, state.olga, `/users/${state.ids.user}`);
  await page.getByLabel("Why may they?").fill("refund");
  await expect(page.locator(".rights")).toContainText("through Integration: everything");
  await page.getByLabel("Why may they?").fill("no such thing");
  await expect(page.getByText("None of their roles gives a right that is called no such thing.")).toBeVisible();
});
