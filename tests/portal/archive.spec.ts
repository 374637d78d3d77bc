// The archive of an access request, opened in the browser: as `ledgerkeep open-archive` opens it, by the same cases.

import { createCipheriv, createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { keyOf, open as openArchive, type Told, Unfit } from "../../functions/portal/web/src/archive";
import { call, signIn } from "./platform";
import { expect, open, test } from "./portal";

const FORMAT = "ledgerkeep-subject-archive/1";
const KEY = Buffer.alloc(32, 7);
const sha = (...parts: Buffer[]): string => createHash("sha256").update(Buffer.concat(parts)).digest("hex");
const four = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
};

function sealed(id: string, whole: Buffer): Buffer[] {
  const chunks = Array.from({ length: Math.ceil(whole.length / 262_144) }, (_, n) => whole.subarray(n * 262_144, (n + 1) * 262_144));
  return chunks.map((chunk, number) => {
    const fields = [Buffer.from(FORMAT), Buffer.from(id), four(number), four(chunks.length)];
    const place = Buffer.concat(fields.flatMap((field) => [Buffer.of(field.length >> 8, field.length & 255), field]));
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", KEY, nonce).setAAD(place);
    return Buffer.concat([nonce, cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
  });
}

function archive(id: string, whole: Buffer): { told: Told; parts: Uint8Array<ArrayBuffer>[]; pem: string } {
  const parts = sealed(id, whole);
  const manifest = [FORMAT, "ten_1", id, "cus_1", String(parts.length), sha(whole), sha(...parts), "2026-11-28T10:00:00Z"].join("\n");
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signature = sign("sha256", Buffer.from(manifest), privateKey).toString("base64");
  return { told: { id, parts: parts.length, manifest, signature }, parts: parts.map((part) => new Uint8Array(part)), pem: publicKey.export({ type: "spki", format: "pem" }) };
}

const unfit = async (work: Promise<unknown>): Promise<string> => work.then(
  () => "it opened",
  (error: unknown) => (error instanceof Unfit ? error.message : String(error)),
);

test("an archive opens with its key, whole, in order and signed only", async () => {
  const whole = Buffer.from(Uint8Array.from({ length: 600_000 }, (_, n) => n % 251));
  const key = keyOf(KEY.toString("base64"));
  const { told, parts, pem } = archive("dsr_1", whole);
  expect(parts.length).toBe(3);
  expect(Buffer.from(await openArchive(told, key, parts, pem)).equals(whole)).toBe(true);
  expect(Buffer.from(keyOf(JSON.stringify({ archive_key: KEY.toString("base64") }))).equals(KEY)).toBe(true);
  expect(() => keyOf("c2hvcnQ=")).toThrow(Unfit);
  expect(await unfit(openArchive(told, new Uint8Array(32).fill(8), parts, pem))).toBe("part 0");
  expect(await unfit(openArchive(told, key, parts.slice(0, 2), pem))).toBe("count 2");
  expect(await unfit(openArchive(told, key, parts.toReversed(), pem))).toBe("part 0");
  const bent = parts.map((part) => part.slice());
  if (bent[1]) bent[1][40] = (bent[1][40] ?? 0) ^ 1;
  expect(await unfit(openArchive(told, key, bent, pem))).toBe("part 1");
  const other = archive("dsr_2", whole);
  expect(await unfit(openArchive(other.told, key, parts, other.pem))).toBe("part 0");
  expect(await unfit(openArchive(told, key, parts, other.pem))).toBe("signature 0");
  expect(await unfit(openArchive({ ...told, manifest: told.manifest.replace("cus_1", "cus_2") }, key, parts, pem))).toBe("signature 0");
  for (const line of [0, 2, 4, 5, 6]) {
    const lines = told.manifest.split("\n");
    lines[line] = `${lines[line] ?? ""}0`;
    expect(await unfit(openArchive({ ...told, manifest: lines.join("\n") }, key, parts, pem))).toBe(`manifest ${line}`);
  }
});

test("a person's archive is opened where it is read, with the key that was told once", async ({ page, state }) => {
  test.setTimeout(180_000);
  const token = await signIn(state, state.olga);
  const id = state.ids.request ?? "";
  const status = async (): Promise<string> => ((await call(state, "GET", `/privacy/v1/requests/${id}`, undefined, token)).request as { status: string }).status;
  // Archives are gathered once a minute.
  await expect.poll(status, { timeout: 120_000 }).toBe("completed");
  await open(page, state, state.olga, `/privacy/${id}`);
  await page.getByLabel("Key of the archive").fill(Buffer.alloc(32, 9).toString("base64"));
  await page.getByRole("button", { name: "Open here" }).click();
  await expect(page.getByRole("alert")).toContainText("Part 0 does not open");
  await page.getByLabel("Key of the archive").fill(state.ids.archiveKey ?? "");
  await page.getByRole("button", { name: "Open here" }).click();
  await expect(page.getByText("The archive is whole and signed by the platform.")).toBeVisible();
  await page.locator("summary", { hasText: /^customer/i }).first().click();
  await expect(page.getByText("c4@shop.example").filter({ visible: true }).first()).toBeVisible();
  const downloaded = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save to read (HTML)" }).click();
  expect((await downloaded).suggestedFilename()).toBe(`${id}.html`);
});
