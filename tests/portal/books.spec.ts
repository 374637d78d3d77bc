// What is taxed, what is taken back, and that the books are zero.

import { call, signIn } from "./platform";
import { expect, go, open, test } from "./portal";

test("tax settings are changed: shown as what changes, approved by another, and in force once it is done", async ({ browser, page, state, watch }) => {
  await open(page, state, state.people.controller ?? state.olga, "/home");
  // Where nothing has been set there is an empty form, and no error.
  watch.expected.add(404);
  await page.route("**/billing/v1/tax-settings", (route) => route.fulfill({ status: 404, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "Not Found", status: 404, code: "not_found", detail: "There is no such object.", request_id: "req_1" }) }));
  await go(page, "/tax");
  await page.getByRole("link", { name: "Set up tax" }).click();
  await expect(page.getByLabel("Full name")).toHaveValue("");
  await expect(page.locator(".failed")).toHaveCount(0);
  watch.expected.delete(404);
  await page.unroute("**/billing/v1/tax-settings");
  await page.reload();
  await expect(page.locator(".shell")).toBeVisible();
  await go(page, "/tax");
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await expect(page.getByText("Nothing has been changed yet.")).toBeVisible();
  await page.getByRole("button", { name: "Another rate" }).click();
  const rate = page.getByRole("group", { name: "Rates 2" });
  await rate.getByLabel("Tax category").fill("reduced");
  await rate.getByLabel("Rate in percent").fill("seven");
  await expect(page.getByText("Each rate needs a country")).toBeVisible();
  await rate.getByLabel("Rate in percent").fill("7");
  await rate.getByLabel("From").fill("2021-01-01");
  await page.getByLabel("Tax ids").fill("DE136695977");
  const ask = page.getByRole("button", { name: "Ask for these settings" });
  await ask.click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("listitem")).toHaveText([/^− .*DE136695976$/, /^\+ rates: category reduced, country DE, from 2021-01-01, rate 7$/, /^\+ .*DE136695977$/]);
  // A check digit is wrong, which the platform says.
  watch.expected.add(422);
  await dialog.getByRole("button", { name: "Ask for it" }).click();
  await expect(dialog.getByRole("alert")).toContainText("tax_ids");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByLabel("Tax ids").fill("DE136695976");
  await ask.click();
  await dialog.getByRole("button", { name: "Ask for it" }).click();
  await expect(page.getByRole("heading", { name: "A second person must approve this" })).toBeVisible();
  await page.getByRole("button", { name: "Close" }).click();

  const second = await browser.newContext();
  const grace = await second.newPage();
  watch.on(grace);
  await open(grace, state, state.grace, "/approvals");
  await grace.locator(".card", { hasText: "tax.write" }).getByRole("button", { name: "Decide" }).click();
  await grace.getByLabel("Decision").selectOption("approve");
  await grace.getByRole("dialog").getByRole("button", { name: "Decide" }).click();
  await expect(grace.getByRole("status").filter({ hasText: "It is decided." })).toBeVisible();
  await second.close();

  // Whoever decides nothing finds what they have asked for themselves.
  await go(page, "/approvals");
  await page.getByRole("button", { name: "Do it now" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Done:" })).toBeVisible();
  await go(page, "/tax");
  await expect(page.getByRole("row", { name: /7 %/ })).toContainText("reduced");
});

test("an invoice is issued as it was seen, and a part of a line is taken back with its tax", async ({ page, state }) => {
  const token = await signIn(state, state.olga);
  const body = { customer: state.ids.customer, currency: "EUR", lines: [{ description: "Mooring", unit_amount: "10000" }, { description: "Water", quantity: 3, unit_amount: "500" }] };
  const { id } = await call(state, "POST", "/billing/v1/invoices", body, token);
  await open(page, state, state.olga, `/invoices/${id as string}`);
  await page.getByRole("button", { name: "Finalize" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("row", { name: /Tax DE 19 %/ })).toContainText("€21.85");
  await dialog.getByRole("button", { name: "Finalize" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("INV-");
  const number = (await page.getByRole("heading", { level: 1 }).textContent())?.split(" ")[0] ?? "";
  await page.getByRole("button", { name: "Documents" }).click();
  const save = dialog.getByRole("button", { name: "Save PDF" });
  await expect
    .poll(async () => {
      // It is rendered beside the issue.
      if (await dialog.getByRole("button", { name: "Refresh" }).isVisible()) await dialog.getByRole("button", { name: "Refresh" }).click();
      return save.isVisible();
    })
    .toBe(true);
  const saved = page.waitForEvent("download");
  await save.click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe(`${number}.pdf`);
  const [part] = (await (await file.createReadStream()).take(1).toArray()) as Buffer[];
  expect(part?.subarray(0, 5).toString()).toBe("%PDF-");
  // What comes altered is not saved.
  await page.route("**/document?format=html", async (route) => {
    const answer = await route.fetch({ url: `${state.address}${new URL(route.request().url()).pathname}?format=html` });
    const told = (await answer.json()) as { content: { body: string } };
    told.content.body = `${told.content.body[0] === "A" ? "B" : "A"}${told.content.body.slice(1)}`;
    await route.fulfill({ json: told });
  });
  await dialog.getByRole("button", { name: "Save Page (HTML)" }).click();
  await expect(dialog.getByRole("alert")).toContainText("its hash is another");
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Credit", exact: true }).click();
  await dialog.getByRole("checkbox", { name: /Water/ }).uncheck();
  await dialog.getByLabel("Net to credit of Mooring").fill("100.01");
  await dialog.getByRole("button", { name: "Credit" }).click();
  await expect(dialog.getByText("Not an amount in EUR.")).toBeVisible();
  await dialog.getByLabel("Net to credit of Mooring").fill("40.00");
  await dialog.getByLabel("Reason").fill("Two nights less");
  await dialog.getByRole("button", { name: "Credit" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("CN-");
  await expect(page.getByRole("row", { name: /Tax DE 19 %/ })).toContainText("€7.60");
  await expect(page.getByText("Two nights less")).toBeVisible();
  await go(page, `/invoices/${id as string}`);
  // The customer had credit, which the issue used.
  await expect(page.getByRole("row", { name: /From credit/ })).toContainText("-€7.00");
  await expect(page.getByRole("row", { name: /Still owed/ })).toContainText("€82.25");
});

test("the books are zero together, and lead to each entry and what it is of", async ({ page, state }) => {
  await open(page, state, state.olga, "/trial-balance");
  const proof = page.getByRole("region", { name: "Do they meet?" });
  await expect(proof.getByRole("row", { name: /EUR/ })).toContainText("€0.00");
  await expect(page.locator(".state.bad")).toHaveCount(0);
  await page.getByRole("link", { name: "Revenue", exact: true }).click();
  await page.getByRole("row", { name: /EUR/ }).getByRole("link", { name: "Revenue: other" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Revenue: other");
  await page.getByRole("row", { name: /Invoice/ }).first().getByRole("link").first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Invoice: finalized");
  await page.locator("dd a", { hasText: "inv_" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("INV-");
});

test("an entry that does not balance is not sent; one that does waits for a second person", async ({ page, state }) => {
  await open(page, state, state.olga, "/journal");
  await page.getByRole("button", { name: "Write an entry" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("Interest of November");
  for (const [line, account, amount] of [[1, "bank", "1.25"], [2, "revenue.other", "1.20"]] as const) {
    await dialog.getByLabel(`Account, line ${line}`).fill(account);
    await dialog.getByLabel(`Amount, line ${line}`).fill(amount);
  }
  await dialog.getByRole("button", { name: "Write an entry" }).click();
  await expect(dialog.getByText("Debits and credits differ by €0.05.")).toBeVisible();
  await dialog.getByLabel("Amount, line 2").fill("1,25");
  await dialog.getByRole("button", { name: "Write an entry" }).click();
  await expect(page.getByRole("heading", { name: "A second person must approve this" })).toBeVisible();
});
