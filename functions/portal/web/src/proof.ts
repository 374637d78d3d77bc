// Whether an audit entry is in the log that a signed checkpoint covers: RFC 6962 inclusion and an ECDSA signature, verified here with
// WebCrypto and without asking anybody. The format is that of audit bundles (infra/audit-bundle-format.md).

/** What a step of the verification found. */
export type Step = "leaf" | "inclusion" | "root" | "signature" | "size";

export interface Proof {
  /** The exact text that was hashed. */
  body: string;
  leaf: string;
  index: number;
  size: number;
  path: readonly string[];
  root: string;
  /** The signed text and its signature, base64 of DER. */
  checkpoint: { body: string; signature: string };
}

const bytes = (hex: string): Uint8Array<ArrayBuffer> => {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new Error("not hex");
  return Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
};
export const hex = (data: Uint8Array): string => Array.from(data, (one) => one.toString(16).padStart(2, "0")).join("");
export const sha256 = async (...parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
};
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafOf = async (body: string): Promise<string> => hex(await sha256(LEAF, new TextEncoder().encode(body)));

/** The root that a leaf and its path lead to (RFC 9162, section 2.1.3.2); nothing where the path does not fit the tree. */
export async function rootOf(leaf: string, index: number, size: number, path: readonly string[]): Promise<string | undefined> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return undefined;
  let [node, last] = [BigInt(index), BigInt(size) - 1n];
  let hash = bytes(leaf);
  for (const part of path) {
    if (last === 0n) return undefined;
    const other = bytes(part);
    if (other.length !== 32) return undefined;
    if (node & 1n || node === last) {
      hash = await sha256(NODE, other, hash);
      while (!(node & 1n) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else hash = await sha256(NODE, hash, other);
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n ? hex(hash) : undefined;
}

/** A DER `Ecdsa-Sig-Value` as the two numbers side by side, which WebCrypto takes; nothing where it is not exactly one. */
export function plainSignature(der: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const out = new Uint8Array(64);
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 72) return undefined;
  let at = 2;
  for (const half of [0, 1]) {
    const length = der[at + 1] ?? 0;
    const number = der.slice(at + 2, at + 2 + length);
    if (der[at] !== 0x02 || length === 0 || number.length !== length) return undefined;
    const [first = 0, second = 0] = number;
    // Positive, and no longer than it must be.
    if (first & 0x80 || (first === 0 && length > 1 && !(second & 0x80))) return undefined;
    const digits = first === 0 ? number.slice(1) : number;
    if (digits.length > 32) return undefined;
    out.set(digits, half * 32 + 32 - digits.length);
    at += 2 + length;
  }
  return at === der.length ? out : undefined;
}

export const base64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text.replace(/\s/g, "")), (c) => c.charCodeAt(0));

/** Whether a key has signed the text. Keys are PEM, also several behind one another. */
export async function signed(body: string, signature: string, pem: string): Promise<boolean> {
  let plain: Uint8Array<ArrayBuffer> | undefined;
  try {
    plain = plainSignature(base64(signature));
  } catch {
    return false;
  }
  if (!plain) return false;
  for (const [, block] of pem.matchAll(/-----BEGIN PUBLIC KEY-----([^-]+)-----END PUBLIC KEY-----/g)) {
    const key = await crypto.subtle.importKey("spki", base64(block ?? ""), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    if (await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, plain, new TextEncoder().encode(body))) return true;
  }
  return false;
}

/** The steps that hold, in order, and the first that does not. */
export async function verify(proof: Proof, pem: string): Promise<{ held: Step[]; broken?: Step }> {
  const held: Step[] = [];
  let checkpoint: { root?: unknown; size?: unknown };
  try {
    checkpoint = JSON.parse(proof.checkpoint.body) as typeof checkpoint;
  } catch {
    checkpoint = {};
  }
  const steps: [Step, () => Promise<boolean>][] = [
    ["leaf", async () => (await leafOf(proof.body)) === proof.leaf],
    ["inclusion", async () => (await rootOf(proof.leaf, proof.index, proof.size, proof.path)) === proof.root],
    ["root", () => Promise.resolve(checkpoint.root === proof.root)],
    ["size", () => Promise.resolve(checkpoint.size === proof.size)],
    ["signature", () => signed(proof.checkpoint.body, proof.checkpoint.signature, pem)],
  ];
  for (const [step, holds] of steps) {
    if (!(await holds().catch(() => false))) return { held, broken: step };
    held.push(step);
  }
  return { held };
}
