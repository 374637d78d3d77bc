// The pictures of the handbook, taken where PORTAL_PICTURES names a folder.

import { isAbsolute, join } from "node:path";
import { expect, open, test } from "./portal";

const folder = process.env.PORTAL_PICTURES;

test("pictures for the handbook", async ({ page, state }) => {
  test.skip(!folder, "nobody asked for them");
  if (!folder) return;
  await page.setViewportSize({ width: 1060, height: 520 });
  await open(page, state, state.olga, "/home");
  await expect(page.locator(".loading")).toHaveCount(0);
  await expect(page.locator("tbody tr").first()).toBeVisible();
  const root = join(import.meta.dirname, "../..");
  await page.screenshot({ path: join(isAbsolute(folder) ? folder : join(root, folder), "portal.png") });
});
