// What is sold, whom it is not sold to, and what it is limited to.

import { call, signIn } from "./platform";
import { axe, expect, go, open, test } from "./portal";

test("a product gets a price, which is archived", async ({ page, state }) => {
  await open(page, state, state.olga, "/products");
  await page.getByRole("button", { name: "New product" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Gold plan");
  await page.getByRole("dialog").getByRole("button", { name: "New product" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Gold plan");
  await page.getByRole("button", { name: "New price" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Unit amount").fill("-1");
  await dialog.getByRole("button", { name: "New price" }).click();
  await expect(dialog.getByText("A number, not negative.")).toBeVisible();
  await dialog.getByLabel("Unit amount").fill("4200");
  await dialog.getByLabel("Kind").selectOption("recurring");
  await dialog.getByRole("button", { name: "New price" }).click();
  const row = page.getByRole("row", { name: /€42\.00/ });
  await expect(row).toContainText("every month");
  await row.getByRole("button", { name: "Archive" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Archive" }).click();
  await expect(row).toContainText("archived");
  // Of tiers, with what quantities cost while it is typed.
  await page.getByRole("button", { name: "New price" }).click();
  await dialog.getByLabel("Counted").selectOption("graduated");
  await dialog.getByRole("button", { name: "Another tier" }).click();
  for (const [tier, end, amount] of [[1, "5", "200"], [2, "ten", "100"], [3, "", "50"]] as const) {
    if (end) await dialog.getByLabel(`Up to, tier ${tier}`).fill(end);
    await dialog.getByLabel(`Unit amount, tier ${tier}`).fill(amount);
  }
  await dialog.getByRole("button", { name: "New price" }).click();
  await expect(dialog.getByText("Tier 2: an end")).toBeVisible();
  await dialog.getByLabel("Up to, tier 2").fill("10");
  await dialog.getByLabel("Entering costs, tier 2").fill("30");
  await expect(dialog.getByRole("row", { name: /^10 / })).toContainText("€15.30");
  expect(await axe(page)).toEqual([]);
  await dialog.getByRole("button", { name: "New price" }).click();
  await expect(page.getByRole("row", { name: /graduated, from €2\.00/ })).toContainText("once");
});

test("rules are drafted, shown as what changes, and put into force by two", async ({ browser, page, state, watch }) => {
  await open(page, state, state.olga, "/risk-rules");
  await page.getByRole("button", { name: "Draft another version" }).click();
  await page.getByRole("button", { name: "Another rule" }).click();
  await page.getByLabel("Id of the rule").last().fill("amount_sek");
  await page.getByLabel("Currency").last().fill("SEK");
  await page.getByLabel("At most").last().fill("nine");
  await expect(page.getByText("Rule amount_sek: an id")).toBeVisible();
  await page.getByLabel("At most").last().fill("900.50");
  await page.getByRole("button", { name: "Keep as draft" }).click();
  await expect(page.getByRole("dialog").getByRole("listitem")).toHaveText([/^\+ amount_sek: at most SEK.900\.50 a payment$/]);
  await page.getByRole("dialog").getByRole("button", { name: "Keep as draft" }).click();
  await expect(page.getByRole("heading", { name: "Draft, version 1" })).toBeVisible();
  await page.getByRole("button", { name: "Put into force" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Put into force" }).click();
  await expect(page.getByRole("heading", { name: "A second person must approve this" })).toBeVisible();
  // What was asked for outlives the page.
  await page.reload();
  await expect(page.locator(".shell")).toBeVisible();
  const second = await browser.newContext();
  const grace = await second.newPage();
  watch.on(grace);
  await open(grace, state, state.grace, "/approvals");
  await grace.locator(".card", { hasText: "risk.rule" }).getByRole("button", { name: "Decide" }).click();
  // An administrator reads nothing of risk, and is told so.
  await expect(grace.getByRole("dialog")).toContainText("risk.read, which you do not have");
  await grace.getByLabel("Decision").selectOption("approve");
  await grace.getByRole("dialog").getByRole("button", { name: "Decide" }).click();
  await expect(grace.getByRole("status").filter({ hasText: "It is decided." })).toBeVisible();
  await second.close();
  await go(page, "/approvals");
  const mine = page.locator(".card", { hasText: "What you have asked for" }).locator("li", { hasText: /force/ }).first();
  await mine.getByRole("button", { name: "Do it now" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Done:" })).toBeVisible();
  await go(page, "/risk-rules");
  await expect(page.getByRole("row", { name: /amount_sek/ })).toContainText("900.50");
  await expect(page.getByRole("heading", { name: "Draft, version 1" })).toHaveCount(0);
  // A payment that they decline says by how many points.
  const token = await signIn(state, state.olga);
  const { data } = await call(state, "GET", `/vault/v1/payment-methods?customer=${state.ids.customer}`, undefined, token);
  const [method] = data as { id: string }[];
  const payment = await call(state, "POST", "/payments/v1/payments", { amount: 95_000, currency: "SEK", customer: state.ids.customer, payment_method: method?.id }, token);
  await go(page, `/payments/${payment.id as string}`);
  const risk = page.locator(".card", { hasText: "All points" });
  await expect(risk.getByRole("row", { name: /above the limit/ })).toContainText(/amount_sek.*\+\d+/);
  await expect(risk.getByRole("row", { name: "All points" })).toContainText(String((payment.risk as { score: number }).score));
});

test("conditions are written, corrected where they are wrong, tried, kept by drafts and seen by whoever approves", async ({ browser, page, state, watch }) => {
  await open(page, state, state.people.risk_manager ?? state.ada, "/risk-rules");
  await page.getByRole("button", { name: "Draft another version" }).click();
  await page.getByRole("button", { name: "Add a condition" }).click();
  await page.getByLabel("Id of the condition").fill("large");
  await page.getByLabel("Points, −100 to 100").fill("40");
  const where = page.getByLabel("Where");
  await where.fill('currency = "EUR" and\n  amuont > 500');
  const keep = async (): Promise<void> => {
    await page.getByRole("button", { name: "Keep as draft" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Keep as draft" }).click();
  };
  watch.expected.add(422);
  await keep();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(where).toBeFocused();
  await expect(where).toHaveAccessibleDescription(/line 2, column 3/);
  // What is wrong is selected in the text, and marked below it.
  expect(await where.evaluate((field: HTMLTextAreaElement) => field.value.slice(field.selectionStart, field.selectionEnd))).toBe("amuont");
  await expect(page.locator("mark")).toHaveText("amuont");
  await page.getByRole("button", { name: "Try rules" }).click();
  const trying = page.locator(".card", { hasText: "What rules would say" });
  await trying.getByLabel("Customer").fill(state.ids.customer ?? "");
  await trying.getByLabel("Amount").fill("9");
  // Nor can it be tried: it says so at the same place.
  await trying.getByRole("button", { name: "Try", exact: true }).click();
  await expect(trying.getByRole("alert")).toContainText("line 2, column 3");
  await expect(page.locator("mark")).toHaveText("amuont");
  // Names are completed by keyboard, with what they hold; not within a text.
  await where.fill('currency != "am');
  const names = page.getByRole("listbox", { name: "Names that fit" });
  await expect(names).toHaveCount(0);
  await where.fill("");
  await where.pressSequentially("age");
  await expect(names.getByRole("option", { name: "customer.age_days" })).toHaveText("customer.age_days whole number");
  await where.fill("");
  await where.pressSequentially("am");
  await page.keyboard.press("ArrowDown");
  await expect(names.getByRole("option", { name: "amount whole number", exact: true })).toHaveAttribute("aria-selected", "true");
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await where.pressSequentially(" > 500");
  await expect(where).toHaveValue("amount > 500");
  await trying.getByRole("button", { name: "Try", exact: true }).click();
  await expect(trying.getByRole("row", { name: /large/ })).toContainText("+40");
  await expect(trying.getByRole("row", { name: "All points" })).toContainText("40");
  await keep();
  const draft = page.locator(".card", { hasText: "Draft, version" });
  await expect(draft.getByRole("row", { name: /large/ })).toContainText("amount > 500");
  // A draft of limits alone keeps conditions.
  await page.getByRole("button", { name: "Draft another version" }).click();
  await page.getByLabel("Declined from how many points").fill("60");
  await keep();
  await expect(draft.getByRole("listitem").filter({ hasText: "Declined from how many points: 60" })).toBeVisible();
  await expect(draft.getByRole("row", { name: /large/ })).toContainText("+40 points");
  await page.getByRole("button", { name: "Put into force" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Put into force" }).click();
  await expect(page.getByRole("heading", { name: "A second person must approve this" })).toBeVisible();
  const second = await browser.newContext();
  const olga = await second.newPage();
  watch.on(olga);
  // Whoever approves it reads rules of risk, too.
  await open(olga, state, state.olga, "/approvals");
  await olga.locator(".card", { hasText: "risk.rule" }).getByRole("button", { name: "Decide" }).click();
  const dialog = olga.getByRole("dialog");
  await expect(dialog.getByRole("row", { name: /large/ })).toContainText("amount > 500");
  await expect(dialog.getByRole("listitem").filter({ hasText: "+ large: +40 points" })).toContainText("Where: amount > 500");
  await dialog.getByLabel("Decision").selectOption("refuse");
  await dialog.getByRole("button", { name: "Decide" }).click();
  await expect(olga.getByRole("status").filter({ hasText: "It is decided." })).toBeVisible();
  await second.close();
});
