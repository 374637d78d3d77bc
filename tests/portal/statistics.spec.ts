// What statistics say: reckoned exactly, within bounds that are told, with the numbers beside each chart.

import type { components } from "../../functions/portal/web/src/contract";
import { ageOf, dayOf, lastDays, monthly, rounded } from "../../functions/portal/web/src/reckon";
import { axe, expect, open, test } from "./portal";

type Price = components["schemas"]["Price"];
const price = (of: Partial<Price>): Price => ({ id: "price_1", product: "prod_1", currency: "EUR", billing_scheme: "flat", unit_amount: "4200", tiers: [], kind: "recurring", interval: "month", interval_count: 1, created_at: "2026-01-15T09:30:00Z", ...of });

test("what prices bring in a month, how old claims are, and which days there are", () => {
  const tiers = [{ up_to: "5", unit_amount: "200" }, { up_to: "10", unit_amount: "100", flat_amount: "30" }, { unit_amount: "50" }];
  for (const [of, units, worth] of [
    [{}, "1", 4200],
    [{ interval: "year" }, "1", 350],
    [{ interval: "quarter" }, "1", 1400],
    [{ interval: "half_year" }, "1", 700],
    [{ interval_count: 3 }, "1", 1400],
    // 52 weeks and 365 days are a year of 12 months.
    [{ interval: "week", unit_amount: "300" }, "1", 1300],
    [{ interval: "day", unit_amount: "12" }, "1", 365],
    [{ billing_scheme: "per_unit", unit_amount: "0.25" }, "10", 3],
    [{ billing_scheme: "per_unit", unit_amount: "0.125" }, "3.5", 0],
    [{ billing_scheme: "package", unit_amount: "500", package_size: "10", free_units: "5" }, "5", 0],
    [{ billing_scheme: "package", unit_amount: "500", package_size: "10", free_units: "5" }, "15.5", 1000],
    [{ billing_scheme: "graduated", tiers }, "5", 1000],
    [{ billing_scheme: "graduated", tiers }, "5.5", 1080],
    [{ billing_scheme: "graduated", tiers }, "12", 1630],
    [{ billing_scheme: "volume", tiers }, "10", 1030],
    [{ billing_scheme: "volume", tiers }, "11", 550],
  ] as [Partial<Price>, string, number][])
    expect(rounded(monthly(price(of), units) ?? -1n), JSON.stringify({ of, units })).toBe(worth);
  expect(monthly(price({ interval: "aeon" }), "1")).toBeUndefined();
  expect(monthly(price({ billing_scheme: "barter" }), "1")).toBeUndefined();
  // Three thirds are a whole: sums are rounded, not their parts.
  const third = monthly(price({ interval: "quarter", unit_amount: "100" }), "1") ?? 0n;
  expect([rounded(third), rounded(third * 3n)]).toEqual([33, 100]);
  for (const [due, age] of [[null, "none"], ["2026-11-29", "none"], ["2026-11-28", "30"], ["2026-10-30", "30"], ["2026-10-29", "60"], ["2026-08-31", "90"], ["2026-08-30", "more"]] as const) expect(ageOf(due, "2026-11-29"), String(due)).toBe(age);
  expect(lastDays(3, true, new Date("2026-03-01T23:30:00Z"))).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
  expect(new Set(lastDays(90, false, new Date("2026-11-01T00:30:00Z"))).size).toBe(90);
  expect(dayOf("2026-11-29T23:59:59.999Z", true)).toBe("2026-11-29");
});

test("charts have their numbers beside them, and say what they leave out", async ({ page, state }) => {
  const now = Date.now();
  const at = (days: number): string => new Date(now - days * 86_400_000).toISOString();
  let pages = 0;
  await page.route("**/payments/v1/payments?*", (route) => {
    pages += 1;
    const row = (n: number): unknown => ({ id: `pay_${n}`, customer: "cus_1", currency: n % 10 === 0 ? "USD" : "EUR", amount: 4200, captured: n % 5 === 0 ? 0 : 4200, status: n % 5 === 0 ? "declined" : n % 7 === 0 ? "authorized" : "captured", created_at: at((n * 7) % 11) });
    return route.fulfill({ json: { data: Array.from({ length: 100 }, (_, n) => row(n)), next_cursor: "more" } });
  });
  const invoice = (n: number, days: number): unknown => ({ id: `inv_${n}`, customer: "cus_1", currency: "EUR", status: "open", total: 1000, amount_due: 1000, created_at: at(days), due_on: at(days).slice(0, 10) });
  await page.route("**/billing/v1/invoices?*", (route) => route.fulfill({ json: { data: [invoice(1, 0), invoice(2, 10), invoice(3, 45), invoice(4, 200), invoice(5, 300)] } }));
  const item = (of: string, quantity: string): unknown => ({ id: "si_1", price: of, product: "prod_1", quantity });
  await page.route("**/billing/v1/subscriptions?*", (route) =>
    route.fulfill({ json: { data: [{ id: "sub_1", currency: "EUR", status: "active", items: [item("price_1", "1"), item("price_2", "12")] }, { id: "sub_2", currency: "EUR", status: "active", ends_with_period: true, items: [item("price_0", "1")] }, { id: "sub_3", currency: "EUR", status: "canceled", items: [item("price_1", "1")] }] } }),
  );
  await page.route("**/billing/v1/prices?*", (route) => route.fulfill({ json: { data: [price({}), price({ id: "price_2", interval: "year", billing_scheme: "per_unit", unit_amount: "100" })] } }));
  await page.route("**/billing/v1/products?*", (route) => route.fulfill({ json: { data: [] } }));
  await open(page, state, state.olga, "/statistics?days=14");
  const card = page.getByRole("region", { name: "Payments a day" });
  await expect(card.getByText("only the newest 1,000 are")).toBeVisible();
  expect(pages).toBe(10);
  // A fifth of them is declined; what is not decided does not count.
  await expect(card.getByText("Declined of those decided").locator("..")).toContainText("22.7 %");
  await expect(card.getByRole("img", { name: "Payments by outcome" })).toBeVisible();
  await expect(card.locator("tbody tr")).toHaveCount(11);
  await card.getByLabel("Currency").selectOption("USD");
  await expect(card.getByRole("img", { name: "Captured in USD" })).toBeVisible();
  await expect(page.getByRole("row", { name: "1 to 30 days" })).toContainText("€10.00");
  await expect(page.getByRole("row", { name: "more than 90 days" })).toContainText("€20.00");
  await expect(page.getByRole("row", { name: /^EUR 2/ })).toContainText("€43.00");
  await expect(page.getByText("Items that are not counted, as their price was not found: 1.")).toBeVisible();
  expect(await axe(page)).toEqual([]);
});
