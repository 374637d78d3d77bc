// Views of lists that somebody has named: filters, columns and order, kept in this browser for each person. What is typed freely is not kept.

import { useSyncExternalStore } from "react";

export interface View {
  name: string;
  /** As in the address. */
  query: Readonly<Record<string, string>>;
}
type Kept = Readonly<Record<string, readonly View[]>>;

/** Views of one list at most. */
export const MOST = 20;
/** Characters of a name at most. */
export const LONGEST = 60;

/** Whatever else stands there is left out: anything in this browser may have written it. */
function read(text: string | null): Kept {
  const isView = (one: unknown): one is View => {
    const { name, query } = (one ?? {}) as { name?: unknown; query?: unknown };
    return typeof name === "string" && typeof query === "object" && query !== null && Object.values(query).every((value) => typeof value === "string");
  };
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    return Object.fromEntries(Object.entries(found as object).map(([list, views]) => [list, Array.isArray(views) ? views.filter(isView).slice(0, MOST) : []]));
  } catch {
    return {};
  }
}

const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};
// Another tab of theirs has changed them.
window.addEventListener("storage", tell);

const keyOf = (person: string): string => `ledgerkeep.views.${person}`;
const stored = (person: string): string | null => {
  try {
    return localStorage.getItem(keyOf(person));
  } catch {
    return null;
  }
};

/** Somebody's views of a list, by name; and how they are set. */
export function useViews(person: string, list: string): readonly [readonly View[], (views: readonly View[]) => boolean] {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => stored(person),
  );
  const set = (views: readonly View[]): boolean => {
    const { [list]: _, ...others } = read(stored(person));
    const next = views.length > 0 ? { ...others, [list]: views } : others;
    try {
      if (Object.keys(next).length > 0) localStorage.setItem(keyOf(person), JSON.stringify(next));
      else localStorage.removeItem(keyOf(person));
    } catch {
      return false;
    }
    tell();
    return true;
  };
  return [read(text)[list] ?? [], set];
}

/** An id of the platform, which says nothing of anybody by itself. */
const ID = /^[a-z]{2,5}_[0-9A-Za-z]{26}$/;

/** What may be kept of what a list is asked for: choices, days and ids, no text that somebody has typed. */
export function keepable(asked: Readonly<Record<string, string>>, filters: readonly { name: string; kind: string }[]): { kept: Record<string, string>; left: boolean } {
  const kept = Object.entries(asked).filter(([name, value]) => filters.find((one) => one.name === name)?.kind !== "text" || ID.test(value));
  return { kept: Object.fromEntries(kept), left: kept.length < Object.keys(asked).length };
}
