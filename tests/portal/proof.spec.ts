// The browser's verifier against a bundle such as the other two verify, entry by entry, and against the vectors of Certificate Transparency.

import { createHash } from "node:crypto";
import { leafOf, plainSignature, rootOf, signed, verify } from "../../functions/portal/web/src/proof";
import { call, signIn } from "./platform";
import { expect, test } from "./portal";

const sha = (...parts: Buffer[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** The root over these leaves and the path of one of them, as RFC 6962, section 2.1, says them. */
function tree(leaves: Buffer[], index: number): { root: Buffer; path: Buffer[] } {
  const [first] = leaves;
  if (leaves.length === 1 && first) return { root: first, path: [] };
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  const [inLeft, inRight] = [tree(left, index < split ? index : 0), tree(right, index < split ? 0 : index - split)];
  const root = sha(Buffer.of(1), inLeft.root, inRight.root);
  return index < split ? { root, path: [...inLeft.path, inRight.root] } : { root, path: [...inRight.path, inLeft.root] };
}

test("the vectors of Certificate Transparency", async () => {
  const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map((hex) => Buffer.from(hex, "hex"));
  const leaves = inputs.map((input) => sha(Buffer.of(0), input));
  expect(await leafOf("")).toBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  expect(tree(leaves, 0).root.toString("hex")).toBe("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
  for (let size = 1; size <= 8; size++)
    for (let index = 0; index < size; index++) {
      const { root, path } = tree(leaves.slice(0, size), index);
      const [leaf, steps] = [leaves[index]?.toString("hex") ?? "", path.map((p) => p.toString("hex"))];
      expect(await rootOf(leaf, index, size, steps)).toBe(root.toString("hex"));
      // A step too many, one too few, and a place outside of the tree lead nowhere.
      expect(await rootOf(leaf, index, size, [...steps, leaf])).toBeUndefined();
      if (steps.length > 0) expect(await rootOf(leaf, index, size, steps.slice(1))).not.toBe(root.toString("hex"));
      expect(await rootOf(leaf, size, size, steps)).toBeUndefined();
    }
});

test("signatures that are no exact DER are none", () => {
  const good = Buffer.from(`3006${"0201"}01${"0201"}02`, "hex");
  expect(Buffer.from(plainSignature(good) ?? []).toString("hex")).toBe(`${"1".padStart(64, "0")}${"2".padStart(64, "0")}`);
  for (const bad of ["", "30", "3006020101", "300602010102010203", "3006020181020102", "300702020001020102", "3006030101020102", "3106020101020102", "3005020101020102"]) expect(plainSignature(Buffer.from(bad, "hex")), bad).toBeUndefined();
});

test("every entry of a bundle, and no entry of one that was changed", async ({ state }) => {
  const token = await signIn(state, state.ada);
  const made = await call(state, "POST", "/audit/v1/exports", { format: "bundle" }, token);
  let told = made;
  for (let tries = 0; told.status !== "ready" && tries < 300; tries++) {
    await new Promise((done) => setTimeout(done, 100));
    told = await call(state, "GET", `/audit/v1/exports/${made.id as string}`, undefined, token);
  }
  const lines: Record<string, unknown>[] = [];
  for (let part = 0; part < (told.parts as number); part++) {
    const page = await call(state, "GET", `/audit/v1/exports/${made.id as string}?part=${part}`, undefined, token);
    lines.push(...(page.lines as string[]).map((line) => JSON.parse(line) as Record<string, unknown>));
  }
  const pem = (await call(state, "GET", "/audit/v1/checkpoints?limit=1", undefined, token)).public_key as string;
  const entries = lines.filter((line) => line.type === "entry") as { index: number; body: string; leaf: string }[];
  const checkpoint = lines.filter((line) => line.type === "checkpoint").at(-1) as { body: string; signature: string };
  const { size, root } = JSON.parse(checkpoint.body) as { size: number; root: string };
  expect(size).toBe(entries.length);
  expect(size).toBeGreaterThan(5);
  const leaves = entries.map((entry) => Buffer.from(entry.leaf, "hex"));
  for (const { index, body, leaf } of entries.slice(0, 60)) {
    const path = tree(leaves, index).path.map((p) => p.toString("hex"));
    const proof = { body, leaf, index, size, path, root, checkpoint };
    expect(await verify(proof, pem), body).toEqual({ held: ["leaf", "inclusion", "root", "size", "signature"] });
    expect((await verify({ ...proof, body: `${body} ` }, pem)).broken).toBe("leaf");
    expect((await verify({ ...proof, index: index === 0 ? 1 : index - 1 }, pem)).broken).toBe("inclusion");
  }
  // Each byte of the signature counts.
  const der = Buffer.from(checkpoint.signature, "base64");
  for (let at = 0; at < der.length; at++) {
    const changed = Buffer.from(der);
    changed.writeUInt8((changed.readUInt8(at) + 1) % 256, at);
    expect(await signed(checkpoint.body, changed.toString("base64"), pem), `byte ${at}`).toBe(false);
  }
});
