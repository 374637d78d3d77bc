// The reference of the API, and what the page runs.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, go, open, test } from "./portal";

test("an operation is found by words, right or error code, and a read can be tried", async ({ page, state, watch }) => {
  watch.expected.add(404);
  await open(page, state, state.olga, "/docs?q=version_conflict");
  await expect(page.getByRole("link", { name: "/identity/v1/roles/{id}", exact: true })).toBeVisible();
  await page.getByLabel("Find an operation").fill("refund post");
  await page.getByRole("link", { name: "/payments/v1/payments/{id}/refunds" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Refund a captured payment, whole or in part");
  await expect(page.getByText("payment.refund: you have it")).toBeVisible();
  await go(page, "/docs/read_customer");
  await page.getByLabel("id", { exact: true }).fill(state.ids.customer ?? "");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByRole("group", { name: "Answer" })).toContainText(state.ids.customer ?? "none");
  await page.getByLabel("id", { exact: true }).fill("cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByRole("group", { name: "Answer" })).toContainText("not_found");
});

test("every operation has a page", async ({ page, state }) => {
  test.setTimeout(120_000);
  await open(page, state, state.olga, "/docs");
  await expect(page.locator(".operations a").first()).toBeVisible();
  const links = await page.locator(".operations a").evaluateAll((all) => all.map((a) => a.getAttribute("href") ?? ""));
  expect(links.length).toBeGreaterThan(100);
  for (const link of links) {
    await go(page, link.replace("/portal", ""));
    await expect(page.getByRole("heading", { name: "What refuses it" })).toBeVisible();
  }
});

test("the portal that is answered is the one that was built, headers and all", async ({ state }) => {
  const said = execFileSync(process.env.LEDGERKEEP ?? "", ["check-portal", "--data-dir", state.data], { encoding: "utf8" });
  expect(said).toMatch(/\d{2,} files, all as they were built/);
});

test("what the browser runs is what the inventory says, byte for byte", async ({ page, state }) => {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, "../../target/portal/inventory.json"), "utf8")) as { scripts: { path: string; integrity: string; reason: string; owner: string }[] };
  const ran = new Map<string, string>();
  const reads: Promise<void>[] = [];
  page.on("response", (answer) => {
    if (answer.request().resourceType() !== "script") return;
    reads.push(answer.body().then((body) => void ran.set(new URL(answer.url()).pathname, `sha384-${createHash("sha384").update(body).digest("base64")}`)));
  });
  await open(page, state, state.olga);
  for (const path of ["/customers", "/payments", "/audit", "/docs", "/roles/finance/edit"]) await go(page, path);
  await Promise.all(reads);
  expect(ran.size).toBeGreaterThan(8);
  const listed = new Map(scripts.map((one) => [one.path, one]));
  for (const [path, integrity] of ran) {
    expect(listed.get(path)?.integrity, `${path} is in the inventory`).toBe(integrity);
    expect(listed.get(path)?.reason.length, `${path} has a reason`).toBeGreaterThan(3);
  }
});
