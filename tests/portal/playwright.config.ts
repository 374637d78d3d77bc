// The portal in Debian's chromium, against a platform of its own that `platform.ts` starts and fills: LEDGERKEEP names the command.

import { defineConfig } from "@playwright/test";
import { existsSync, readFileSync } from "node:fs";
import { STATE, type State } from "./platform";

const port = (): string => (existsSync(STATE) ? new URL((JSON.parse(readFileSync(STATE, "utf8")) as State).address).port : "8443");

export default defineConfig({
  testDir: ".",
  globalSetup: "./platform.ts",
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  outputDir: process.env.PORTAL_RESULTS ?? "test-results",
  use: {
    // The issuer of tokens, which the browser must say that it comes from; it is led to whatever port was free.
    baseURL: "https://localhost:8443",
    ignoreHTTPSErrors: true,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    launchOptions: {
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox", `--host-resolver-rules=MAP localhost:8443 127.0.0.1:${port()}`],
    },
  },
});
