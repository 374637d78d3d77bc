// Opens the archive of an access request here, as `ledgerkeep open-archive` does: the format is infra/subject-archive-format.md. The key
// never leaves the page.

import { base64, hex, sha256, signed } from "./proof";

const FORMAT = "ledgerkeep-subject-archive/1";
const NONCE = 12;

export interface Told {
  id: string;
  parts: number;
  manifest: string;
  signature: string;
}
/** What does not fit: the key, a part by its number, a line of the manifest, or its signature. */
export class Unfit extends Error {
  constructor(
    readonly what: "key" | "count" | "part" | "manifest" | "signature",
    readonly at = 0,
  ) {
    super(`${what} ${at}`);
  }
}

const four = (value: number): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
};

/** Fields behind one another, each after its length in two bytes. */
function listed(fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(fields.reduce((sum, field) => sum + 2 + field.length, 0));
  let at = 0;
  for (const field of fields) {
    new DataView(out.buffer).setUint16(at, field.length);
    out.set(field, at + 2);
    at += 2 + field.length;
  }
  return out;
}

/** The key as it was told: by itself, or within the answer that told it. */
export function keyOf(text: string): Uint8Array<ArrayBuffer> {
  let told = text.trim();
  try {
    const answer = JSON.parse(told) as { archive_key?: unknown };
    if (typeof answer.archive_key === "string") told = answer.archive_key;
  } catch {
    // Then it is the key itself.
  }
  try {
    const key = base64(told);
    if (key.length === 32) return key;
  } catch {
    // As any other that is none.
  }
  throw new Unfit("key");
}

/** The whole, decrypted and held against its manifest and the signer's key in PEM. */
export async function open(told: Told, key: Uint8Array<ArrayBuffer>, parts: readonly Uint8Array<ArrayBuffer>[], pem: string): Promise<Uint8Array<ArrayBuffer>> {
  if (parts.length !== told.parts) throw new Unfit("count", parts.length);
  const text = new TextEncoder();
  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  const plain: Uint8Array<ArrayBuffer>[] = [];
  for (const [number, part] of parts.entries()) {
    const additionalData = listed([text.encode(FORMAT), text.encode(told.id), four(number), four(parts.length)]);
    const opened = crypto.subtle.decrypt({ name: "AES-GCM", iv: part.slice(0, NONCE), additionalData }, aes, part.slice(NONCE));
    plain.push(
      new Uint8Array(
        await opened.catch(() => {
          throw new Unfit("part", number);
        }),
      ),
    );
  }
  const whole = new Uint8Array(plain.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of plain) {
    whole.set(part, at);
    at += part.length;
  }
  const lines = told.manifest.split("\n");
  const says = [
    [0, FORMAT],
    [2, told.id],
    [4, String(parts.length)],
    [5, hex(await sha256(whole))],
    [6, hex(await sha256(...parts))],
  ] as const;
  for (const [line, expected] of says) if (lines[line] !== expected) throw new Unfit("manifest", line);
  if (!(await signed(told.manifest, told.signature, pem))) throw new Unfit("signature");
  return whole;
}


