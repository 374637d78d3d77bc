// Work that is done in the portal, by keyboard: a part is refunded, a second person approves, the log proves it.

import { call, signIn } from "./platform";
import { expect, go, open, tabTo, test } from "./portal";

test("by keyboard alone: sign in, refund a part once, and see who did it", async ({ page, state }) => {
  await page.goto("/portal/home");
  await expect(page.getByLabel("Tenant")).toBeFocused();
  await page.keyboard.type(state.tenant);
  await tabTo(page, /^E-mail/);
  await page.keyboard.type(state.olga.email);
  await tabTo(page, /^Password/);
  await page.keyboard.type(state.olga.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Good to see you");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await page.keyboard.type(state.ids.payment0 ?? "none was captured");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("€42.00");
  await tabTo(page, "Refund");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Amount in EUR")).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("12,345");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Not an amount in EUR.")).toBeVisible();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("12.50");
  await tabTo(page, /^Reason/);
  await page.keyboard.type("Damaged in transit");
  // Twice at once: one intent.
  const sent: (string | undefined)[] = [];
  page.on("request", (asked) => {
    if (asked.method() === "POST" && asked.url().endsWith("/refunds")) sent.push(asked.headers()["idempotency-key"]);
  });
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("status").filter({ hasText: "The refund has been made." })).toBeVisible();
  await expect(page.getByRole("cell", { name: "Damaged in transit" })).toHaveCount(1);
  expect(new Set(sent).size).toBe(1);
  const read = await call(state, "GET", `/payments/v1/payments/${state.ids.payment0}`, undefined, await signIn(state, state.olga));
  expect(read.refunded).toBe(1250);
});

test("by keyboard alone: somebody asks, another approves after a fresh sign-in, and it is done once", async ({ browser, page, state, watch }) => {
  watch.expected.add(401);
  await open(page, state, state.olga, "/users");
  await page.getByRole("button", { name: "Invite" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByText("Finance")).toBeVisible();
  await page.keyboard.type("Fern Example");
  await tabTo(page, /^E-mail/);
  await page.keyboard.type("fern@first.example");
  await tabTo(page, /^Finance/);
  await page.keyboard.press("Space");
  await tabTo(page, "Invite");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "A second person must approve this" })).toBeVisible();
  await page.keyboard.press("Enter");

  const second = await browser.newContext();
  const grace = await second.newPage();
  watch.on(grace);
  await open(grace, state, state.grace, "/approvals");
  // As if the sign-in were older than ten minutes, once.
  const keys: (string | undefined)[] = [];
  await grace.route("**/identity/v1/approvals/apr_*", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    const problem = { type: "about:blank", title: "Unauthorized", status: 401, code: "insufficient_user_authentication", detail: "This needs a sign-in younger than 10 minutes.", request_id: "req_1" };
    await route.fulfill({ status: 401, contentType: "application/problem+json", body: JSON.stringify(problem) });
  });
  await tabTo(grace, "Decide", "user.write");
  await grace.keyboard.press("Enter");
  await expect(grace.getByRole("dialog").getByRole("group", { name: "What is asked" })).toContainText("finance");
  await tabTo(grace, /^Decision/);
  await grace.keyboard.type("Appr");
  await tabTo(grace, "Decide");
  await grace.keyboard.press("Enter");
  await expect(grace.getByRole("dialog", { name: "Confirm that it is you" })).toBeVisible();
  await expect(grace.getByLabel("Password")).toBeFocused();
  await grace.keyboard.type(state.grace.password);
  await grace.keyboard.press("Enter");
  await expect(grace.getByRole("status").filter({ hasText: "It is decided." })).toBeVisible();
  expect(keys.length).toBe(2);
  expect(keys[0]).toBe(keys[1]);

  await go(page, "/approvals");
  await page.getByRole("button", { name: "Refresh" }).click();
  await tabTo(page, "Do it now", "Invite");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "Done: Invite" })).toBeVisible();
  await go(page, "/users");
  await expect(page.getByRole("cell", { name: "fern@first.example" })).toHaveCount(1);
  await second.close();
});

test("one's own request is not one's own to approve, and says so", async ({ page, state }) => {
  await open(page, state, state.ada, "/keys");
  await page.getByRole("button", { name: "Rotate" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
  await page.getByRole("button", { name: "Close" }).click();
  await go(page, "/approvals");
  await expect(page.getByText("You asked for it yourself.").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Do it now" }).first()).toBeVisible();
});

test("the proof of an entry is verified in the browser, and each part that is not so is named", async ({ page, state }) => {
  await open(page, state, state.olga, `/audit/${state.ids.entry}`);
  await page.getByRole("button", { name: "Verify in this browser" }).click();
  await expect(page.getByText("The entry is in the signed log, unaltered.")).toBeVisible();
  const flipped = (hex: string): string => (hex.startsWith("0") ? "1" : "0") + hex.slice(1);
  type Proof = { leaf: string; root: string; path: string[]; size: number; index: number; checkpoint: { body: string; signature: string } };
  const cases: [(proof: Proof) => void, string][] = [
    [(p) => void (p.leaf = flipped(p.leaf)), "The entry's text has the hash of its leaf"],
    [(p) => void (p.path = p.path.length > 0 ? p.path.map(flipped) : [p.leaf]), "The leaf and its path lead to the root"],
    [(p) => void (p.checkpoint.body = p.checkpoint.body.replace(/"root":"../, '"root":"zz')), "The checkpoint says this root"],
    [(p) => void (p.checkpoint.body = p.checkpoint.body.replace(/"size":(\d+)/, '"size":1$1')), "The checkpoint says this size"],
    [(p) => void (p.checkpoint.body = p.checkpoint.body.replace(/"region":"./, '"region":"x')), "The checkpoint is signed by the log"],
  ];
  const told = (await call(state, "GET", `/audit/v1/entries/${state.ids.entry}/proof`, undefined, await signIn(state, state.olga))) as unknown as Proof;
  for (const [change, named] of cases) {
    const proof = structuredClone(told);
    change(proof);
    await page.route("**/proof", (route) => route.fulfill({ json: proof }));
    await page.getByRole("button", { name: "Verify in this browser" }).click();
    await expect(page.locator(".steps .broken")).toContainText(named);
    await expect(page.locator(".steps .broken")).toContainText("does not hold");
    await page.unroute("**/proof");
  }
});

test("a card number is seen once two people want it, and not for long", async ({ browser, page, state, watch }) => {
  await page.clock.install();
  await open(page, state, state.olga, `/customers/${state.ids.customer}`);
  await page.getByRole("button", { name: "Reveal" }).first().click();
  await page.getByLabel("Reason").fill("Chargeback 17");
  await page.getByRole("dialog").getByRole("button", { name: "Reveal" }).click();
  await expect(page.getByRole("heading", { name: "A second person must approve this" })).toBeVisible();
  await page.getByRole("button", { name: "Close" }).click();
  const second = await browser.newContext();
  const grace = await second.newPage();
  watch.on(grace);
  await open(grace, state, state.grace, "/approvals");
  await grace.locator(".card", { hasText: "vault.reveal" }).getByRole("button", { name: "Decide" }).click();
  await expect(grace.getByRole("dialog").getByRole("group", { name: "What is asked" })).toContainText("Chargeback 17");
  await grace.getByLabel("Decision").selectOption("approve");
  await grace.getByRole("dialog").getByRole("button", { name: "Decide" }).click();
  await expect(grace.getByRole("status").filter({ hasText: "It is decided." })).toBeVisible();
  await second.close();
  await go(page, "/approvals");
  await page.locator("li", { hasText: "Reveal" }).getByRole("button", { name: "Do it now" }).click();
  await expect(page.getByRole("dialog").getByText("4242424242424242", { exact: true })).toBeVisible();
  await page.clock.runFor(31_000);
  await expect(page.getByText("4242424242424242")).toHaveCount(0);
  await expect(page.getByText("It is hidden.")).toBeVisible();
});

test("the log is taken away as a bundle, part by part", async ({ page, state }) => {
  await open(page, state, state.olga, "/audit");
  await page.getByRole("button", { name: "Take the log away" }).click();
  const downloaded = page.waitForEvent("download", { timeout: 60_000 });
  await page.getByRole("dialog").getByRole("button", { name: "Take", exact: true }).click();
  const chunks: Buffer[] = [];
  for await (const part of await (await downloaded).createReadStream()) chunks.push(part as Buffer);
  const lines = Buffer.concat(chunks).toString().trimEnd().split("\n");
  expect(JSON.parse(lines[0] ?? "{}")).toMatchObject({ type: "header", format: "ledgerkeep-audit-bundle/1" });
  expect(lines.length).toBeGreaterThan(50);
});

test("an answer that is lost on its way: pressing again does it once, under the same key", async ({ page, state, watch }) => {
  const id = state.ids.payment1 ?? "";
  await open(page, state, state.olga, `/payments/${id}`);
  const keys: (string | undefined)[] = [];
  await page.route("**/refunds", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    // The host is led elsewhere by the browser alone: the call goes to the platform itself.
    const { pathname } = new URL(route.request().url());
    await page.request.fetch(`${state.address}${pathname}`, { method: "POST", headers: route.request().headers(), data: route.request().postData() ?? "" });
    await route.abort();
  });
  await page.getByRole("button", { name: "Refund", exact: true }).click();
  await page.getByLabel("Amount in EUR").fill("10.00");
  await page.getByRole("dialog").getByRole("button", { name: "Refund" }).click();
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText("may or may not have been done");
  // The browser notes what it did not get.
  expect(watch.seen.every((one) => one.includes("ERR_FAILED"))).toBe(true);
  watch.seen.length = 0;
  await page.getByRole("dialog").getByRole("button", { name: "Refund" }).click();
  await expect(page.getByRole("status").filter({ hasText: "The refund has been made." })).toBeVisible();
  expect(keys.length).toBe(2);
  expect(keys[0]).toBe(keys[1]);
  const read = await call(state, "GET", `/payments/v1/payments/${id}`, undefined, await signIn(state, state.olga));
  expect(read.refunded).toBe(1000);
});
