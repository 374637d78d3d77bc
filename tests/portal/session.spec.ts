// Signing in and out, in one tab and in two; what is kept and what is not.

import { call, signIn } from "./platform";
import { axe, expect, go, open, test } from "./portal";

test("the page says what may be loaded and run, and what was built is kept for good", async ({ page }) => {
  const told = await page.goto("/portal/home");
  const policy = told?.headers()["content-security-policy"] ?? "";
  for (const part of ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"]) expect(policy).toContain(part);
  expect(policy).not.toContain("unsafe");
  expect(told?.headers()["cache-control"]).toBe("no-store");
  expect(told?.headers()["cross-origin-opener-policy"]).toBe("same-origin");
  const script = await page.evaluate(async () => {
    const answer = await fetch(document.querySelector<HTMLScriptElement>("script[src]")?.src ?? "");
    return [answer.headers.get("cache-control"), answer.headers.get("content-type")];
  });
  expect(script).toEqual(["public, max-age=31536000, immutable", "text/javascript; charset=utf-8"]);
});

test("nobody signs in with a wrong password, and is told so", async ({ page, state, watch }) => {
  watch.expected.add(401);
  await page.goto("/portal/payments");
  expect(await axe(page)).toEqual([]);
  await page.getByLabel("Tenant").fill(state.tenant);
  await page.getByLabel("E-mail address").fill(state.ada.email);
  await page.getByLabel("Password").fill("not the password");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("password is wrong");
  await expect(page.getByRole("alert")).toContainText("req_");
  expect(await axe(page)).toEqual([]);
});

test("whoever has forgotten the password is led on without being told who is known", async ({ page, state }) => {
  await page.goto(`/portal/home?tenant=${state.tenant}`);
  await page.getByRole("button", { name: "Forgot the password?" }).click();
  await page.getByLabel("Tenant").fill(state.tenant);
  await page.getByLabel("E-mail address").fill("nobody@first.example");
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Look at your mail");
  await page.goto("/portal/reset#code=abc");
  await expect(page.getByLabel("Code from the mail")).toHaveValue("abc");
  await page.getByLabel("New password", { exact: true }).fill("one and another");
  await page.getByLabel("New password, again").fill("one and no other");
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page.getByText("This is not the same as above.")).toBeVisible();
});

test("two tabs take turns at the cookie, and a sign-out empties both; going back shows nothing", async ({ context, page, state }) => {
  await open(page, state, state.people.support ?? state.olga, "/customers");
  await expect(page.getByText("c0@shop.example")).toBeVisible();
  const other = await context.newPage();
  await other.goto("/portal/customers");
  await expect(other.getByText("c0@shop.example")).toBeVisible();
  // Both ask at once, again and again.
  for (let round = 0; round < 3; round++) {
    await Promise.all([page.reload(), other.reload()]);
    for (const tab of [page, other]) await expect(tab.getByText("c0@shop.example")).toBeVisible();
  }
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  for (const tab of [page, other]) {
    await expect(tab.getByLabel("Password")).toBeVisible();
    await expect(tab.getByText("c0@shop.example")).toHaveCount(0);
  }
  await page.goBack().catch(() => null);
  await expect(page.getByText("c0@shop.example")).toHaveCount(0);
  await other.reload();
  await expect(other.getByLabel("Password")).toBeVisible();
  expect(await other.evaluate(() => Object.keys({ ...localStorage, ...sessionStorage }).filter((key) => !/^ledgerkeep\.(language|theme)$/.test(key)))).toEqual([]);
});

test("a session that ends in the middle of a form keeps the form", async ({ page, state, watch }) => {
  watch.expected.add(401);
  // Somebody whose other sessions nobody needs meanwhile.
  const person = state.people.support ?? state.olga;
  await open(page, state, person, "/customers");
  await page.getByRole("button", { name: "New customer" }).click();
  await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("Kept Input");
  await page.getByRole("dialog").getByLabel("E-mail address").fill("kept@shop.example");
  const token = await signIn(state, person);
  const sessions = (await call(state, "GET", "/identity/v1/sessions", undefined, token)).data as { id: string; current: boolean; device?: string }[];
  for (const one of sessions.filter((s) => s.device?.includes("Chrome"))) await call(state, "DELETE", `/identity/v1/sessions/${one.id}`, undefined, token);
  await page.getByRole("dialog").getByRole("button", { name: "New customer" }).click();
  const over = page.getByRole("dialog", { name: "Your session has ended" });
  await expect(over).toBeVisible();
  await expect(page.getByText("c0@shop.example")).not.toBeVisible();
  await over.getByLabel("Password").fill(person.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Kept Input");
});

test("menus show what a role may do, and an address that it may not says why", async ({ page, state }) => {
  await open(page, state, state.people.auditor ?? state.olga);
  const menu = page.getByRole("navigation", { name: "Main menu" });
  await expect(menu.getByRole("link", { name: "Audit log" })).toBeVisible();
  for (const name of ["Payments", "Customers", "Webhooks"]) await expect(menu.getByRole("link", { name })).toHaveCount(0);
  await page.evaluate(() => history.pushState(null, "", "/portal/payments"));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not for you");
  await expect(page.getByText("payment.read")).toBeVisible();
  for (const link of await menu.getByRole("link").all()) {
    await link.click();
    await expect(page.locator(".loading")).toHaveCount(0);
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
});

test("a second factor is enrolled, asked for, and taken away with a recovery code", async ({ page, state, watch }) => {
  watch.expected.add(401);
  // Somebody whom no other test signs in meanwhile: their codes would be asked for.
  const person = state.people.treasurer ?? state.olga;
  await open(page, state, person, "/account");
  await page.getByRole("button", { name: "Set up a second factor" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Begin" }).click();
  await expect(dialog.getByRole("img", { name: /QR code/ })).toBeVisible();
  const codes = await dialog.locator(".codes code").allTextContents();
  expect(codes.length).toBe(10);
  const secret = (await dialog.locator(".id code").first().textContent()) ?? "";
  await dialog.getByLabel(/safe place/).check();
  await dialog.getByLabel("Code that the authenticator shows now").fill(await totp(secret));
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await expect(dialog).toHaveCount(0);
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("Tenant").fill(state.tenant);
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.keyboard.press("Enter");
  await page.getByLabel("Code").fill(codes[0] ?? "");
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("navigation", { name: "Main menu" })).toBeVisible();
});

test("a passkey is made, shown at the next sign-in, and removed", async ({ page, state, watch }) => {
  watch.expected.add(401);
  const person = state.people.auditor ?? state.olga;
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await open(page, state, person, "/account");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByLabel("What you call it").fill("Laptop");
  await page.getByRole("dialog").getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByRole("dialog").locator(".codes code")).toHaveCount(10);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("cell", { name: "Laptop" })).toBeVisible();
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("Tenant").fill(state.tenant);
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.locator(".shell")).toBeVisible();
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "My account" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("No passkey", { exact: true })).toBeVisible();
});

/** A time-based code (RFC 6238) of a base32 secret. */
async function totp(secret: string): Promise<string> {
  const { createHmac } = await import("node:crypto");
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const at = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}


test("a file that a new release has replaced: the page says so, and loads again", async ({ page, state, watch }) => {
  watch.expected.add(404);
  await open(page, state, state.olga);
  await page.route("**/portal/assets/keys-*.js", (route) => route.fulfill({ status: 404, contentType: "text/html", body: "gone" }));
  await page.evaluate(() => history.pushState(null, "", "/portal/keys"));
  await expect(page.getByRole("alert")).toContainText("A part of the portal could not be loaded");
  watch.seen.length = 0;
  // Other screens are there.
  await go(page, "/customers");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Customers");
  await page.unroute("**/portal/assets/keys-*.js");
  await page.goto("/portal/keys");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Keys");
});
