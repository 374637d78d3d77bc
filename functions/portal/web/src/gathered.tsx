// What a list of the API says, read page by page within a bound, for what is counted of it.

import { number } from "./format";
import { t } from "./i18n";
import type { Page } from "./list";

/** Rows that are read at most, newest first. */
const MOST = 1_000;
const PAGE = 100;

export interface Gathered<Row> {
  rows: readonly Row[];
  /** Whether there are more, which are not counted. */
  cut: boolean;
}

export async function gathered<Row>(load: (query: { limit: number; cursor?: string }) => Promise<Page<Row>>): Promise<Gathered<Row>> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<Row> = await load({ limit: PAGE, ...(cursor ? { cursor } : {}) });
    rows.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && rows.length < MOST);
  return { rows, cut: cursor !== undefined };
}

/** Says that not everything was counted. */
export const Cut = ({ of }: { of: readonly Gathered<unknown>[] }) => (of.some(({ cut }) => cut) ? <p className="warning">{t("stats.cut", { count: number(MOST) })}</p> : null);

/** How many rows there are of each key, or what they sum up to. */
export function sums<Row>(rows: readonly Row[], key: (row: Row) => string, value: (row: Row) => number = () => 1): Map<string, number> {
  const found = new Map<string, number>();
  for (const row of rows) found.set(key(row), (found.get(key(row)) ?? 0) + value(row));
  return found;
}

/** Keys by how much there is of them, most first. */
export const ranked = (of: Map<string, number>): string[] => [...of].sort(([, a], [, b]) => b - a).map(([key]) => key);
