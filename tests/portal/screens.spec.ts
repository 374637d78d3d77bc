// Every screen: nothing that axe finds, nothing cut off, nothing run that was stored.

import { ATTACKS } from "./platform";
import { axe, expect, go, open, test } from "./portal";

const screens = (ids: Record<string, string>): string[] => [
  "/home",
  "/statistics",
  "/customers",
  `/customers/${ids.customer}`,
  "/payments",
  `/payments/${ids.reserved}`,
  "/refunds",
  "/subscriptions",
  `/subscriptions/${ids.subscription}`,
  "/invoices",
  `/invoices/${ids.invoice}`,
  `/invoices/${ids.issued}`,
  "/credit-notes",
  `/credit-notes/${ids.note}`,
  "/tax",
  "/tax/edit",
  "/ledger",
  "/ledger/revenue.other?currency=EUR",
  "/journal",
  `/journal/${ids.journal}`,
  "/trial-balance",
  "/ledger-reports",
  "/risk-checks",
  `/risk-checks/${ids.check}`,
  "/products",
  `/products/${ids.product}`,
  "/risk-rules",
  "/risk-lists",
  `/risk-lists/${ids.list}`,
  "/approvals",
  "/users",
  `/users/${ids.user}`,
  "/roles",
  "/roles/finance",
  "/roles/finance/edit",
  "/roles/new",
  "/tenant",
  "/api-clients",
  "/audit",
  `/audit/${ids.entry}`,
  "/alerts",
  "/alert-rules",
  "/webhooks",
  "/deliveries",
  "/privacy",
  `/privacy/${ids.request}`,
  "/breaches",
  "/keys",
  "/account",
  "/docs?q=payments",
  "/docs/create_payment",
  "/nowhere",
];

for (const [width, scheme] of [
  [1440, "light"],
  [360, "dark"],
] as const)
  test(`every screen at ${width} pixels, ${scheme}`, async ({ page, state }) => {
    test.setTimeout(120_000);
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    await open(page, state, state.olga);
    for (const path of screens(state.ids)) {
      await go(page, path);
      expect(await axe(page), path).toEqual([]);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(over, `${path} is wider than its window`).toBeLessThanOrEqual(0);
    }
  });

test("every screen at 320 pixels, in German: nothing is cut off", async ({ page, state }) => {
  test.setTimeout(120_000);
  await page.setViewportSize({ width: 320, height: 900 });
  await open(page, state, state.olga);
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Deutsch" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  for (const path of screens(state.ids)) {
    await go(page, path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over, `${path} is wider than its window`).toBeLessThanOrEqual(0);
  }
});

test("dialogs, the palette, the help and the menu are as accessible as the screens", async ({ page, state }) => {
  await open(page, state, state.olga);
  for (const [path, button] of [
    ["/customers", "New customer"],
    ["/users", "Invite"],
    ["/api-clients", "New API client"],
    ["/webhooks", "New webhook"],
    [`/payments/${state.ids.reserved}`, "Capture"],
    [`/invoices/${state.ids.invoice}`, "Finalize"],
    [`/invoices/${state.ids.issued}`, "Credit"],
    [`/invoices/${state.ids.issued}`, "Settle"],
    [`/credit-notes/${state.ids.note}`, "Documents"],
    [`/customers/${state.ids.customer}`, "Give credit"],
    ["/journal", "Write an entry"],
    ["/subscriptions", "New subscription"],
    [`/subscriptions/${state.ids.subscription}`, "Change"],
    [`/subscriptions/${state.ids.subscription}`, "Cancel subscription"],
    ["/risk-checks", "Check somebody"],
    ["/products", "New product"],
    [`/products/${state.ids.product}`, "New price"],
    ["/risk-lists", "New list"],
    [`/risk-lists/${state.ids.list}`, "Add"],
    ["/tenant", "Edit"],
    ["/breaches", "Record a breach"],
    ["/keys", "Rotate"],
    ["/account", "Change password"],
  ] as const) {
    await go(page, path);
    await page.getByRole("button", { name: button, exact: true }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await expect(page.getByRole("dialog").locator(".loading")).toHaveCount(0);
    expect(await axe(page), `${path} ${button}`).toEqual([]);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(page.getByRole("button", { name: button, exact: true })).toBeFocused();
  }
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /^A page/ }).fill("deliv");
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Deliveries");
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  expect(await axe(page)).toEqual([]);
});

test("what is stored is shown and never run, and a spreadsheet takes it for text", async ({ page, state }) => {
  await open(page, state, state.olga, "/customers");
  for (const attack of ATTACKS) await expect(page.getByRole("link", { name: attack, exact: true })).toBeVisible();
  const downloaded = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const chunks: Buffer[] = [];
  for await (const part of await (await downloaded).createReadStream()) chunks.push(part as Buffer);
  const csv = Buffer.concat(chunks).toString();
  expect(csv).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
  for (const cell of csv.split(/[,\r\n]+/)) expect(cell).not.toMatch(/^"?[=+@]/);
});

test("filters, columns and order stand in the address, and are kept as views of one person, without what was typed", async ({ page, state }) => {
  await open(page, state, state.olga, "/payments?status=captured&sort=-amount&reference=order-1");
  await expect(page.locator("tbody tr").first()).toBeVisible();
  for (const shown of await page.locator("tbody .state").allTextContents()) expect(shown).toBe("captured");
  await expect(page.getByRole("columnheader", { name: "Amount" })).toHaveAttribute("aria-sort", "descending");
  await page.getByText("Columns", { exact: true }).first().click();
  await page.getByLabel("Currency").check();
  await expect(page).toHaveURL(/columns=[^&]*currency/);
  const views = page.locator(".views");
  const menu = views.locator("summary");
  await menu.click();
  await expect(views).toContainText("What you typed as text is left out");
  await views.getByRole("button", { name: "Keep this view" }).click();
  await expect(views).toContainText("Give it a name.");
  await views.getByLabel("Name of this view").fill("Large ones");
  await page.keyboard.press("Enter");
  await expect(views.getByRole("button", { name: "Large ones", exact: true })).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(page).not.toHaveURL(/status=/);
  // It outlives the page; what stands in the browser says nothing that was typed.
  await page.goto("/portal/payments");
  await menu.click();
  await views.getByRole("button", { name: "Large ones", exact: true }).click();
  await expect(page).toHaveURL(/\?(?=.*status=captured)(?=.*sort=-amount)(?=.*columns=)(?!.*reference=)/);
  await expect(menu).toBeFocused();
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain("order-1");
  // Of another list, and of another person, there is none.
  await go(page, "/refunds");
  await menu.click();
  await expect(views).toContainText("Keep filters, columns and order under a name");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await open(page, state, state.people.support ?? state.ada, "/payments");
  await menu.click();
  await expect(views).toContainText("Keep filters, columns and order under a name");
});
