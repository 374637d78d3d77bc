// What conditions can ask for, and how they are completed while somebody types.

/** Read from where it is declared (`functions/risk/src/attributes.rs`, `shared/rules/src/tree.rs`) when the portal is built. */
declare const VOCABULARY: { attributes: readonly (readonly [string, string, boolean])[]; functions: readonly (readonly [string, string])[] };

export interface Word {
  name: string;
  /** What an attribute holds; the arguments of a function. */
  about: { kind: string; missing: boolean } | { takes: string };
  /** What is written in its place. */
  text: string;
}

const WORDS: readonly Word[] = [
  ...VOCABULARY.attributes.map(([name, kind, missing]): Word => ({ name, about: { kind, missing }, text: name })),
  ...VOCABULARY.functions.map(([name, takes]): Word => ({ name, about: { takes }, text: `${name}(` })),
];
/** How many are shown at once. */
const MOST = 8;

/** Where the word begins that ends at the caret; nothing within a literal text. */
export function wordBefore(text: string, caret: number): number | undefined {
  const before = text.slice(0, caret);
  const quotes = before.replace(/\\./g, "").split('"').length - 1;
  if (quotes % 2 === 1) return undefined;
  return caret - (/[A-Za-z_][\w.]*$/.exec(before)?.[0].length ?? 0);
}

/** What can be meant by what stands before the caret; with no word there, everything. */
export function suggested(text: string, caret: number, everything: boolean): readonly Word[] {
  const start = wordBefore(text, caret);
  if (start === undefined) return [];
  const word = text.slice(start, caret).toLowerCase();
  if (!word) return everything ? WORDS : [];
  // A part behind a point is found as well: `age` is `customer.age_days`.
  const fits = WORDS.filter(({ name }) => name !== word && (name.startsWith(word) || name.split(".").some((part) => part.startsWith(word))));
  return fits.sort((a, b) => Number(b.name.startsWith(word)) - Number(a.name.startsWith(word))).slice(0, MOST);
}
