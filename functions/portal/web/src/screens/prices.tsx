// Prices in words, and by the names of what they are of, for whoever may read what is sold.

import { useQuery } from "@tanstack/react-query";
import { api, must, type Schemas } from "../api";
import { useMay } from "../client";
import { number, unitMoney } from "../format";
import { label, t } from "../i18n";

export type Price = Schemas["Price"];

/** How many pages of prices and products are read at most: beyond them names are ids. */
const PAGES = 10;

interface Page<Row> {
  data: Row[];
  next_cursor?: string | null;
}
async function pages<Row>(load: (cursor: string | undefined) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const read = await load(cursor);
    rows.push(...read.data);
    cursor = read.next_cursor ?? undefined;
    if (!cursor) break;
  }
  return rows;
}

export interface Sold {
  /** Whether it has been read. */
  known: boolean;
  /** Those that something can be billed at again and again, by product. */
  recurring: readonly Price[];
  price: (id: string) => Price | undefined;
  product: (id: string) => string | undefined;
}

/** What is sold, as far as whoever is here may read it. */
export function useSold(): Sold {
  const may = useMay()("catalog.read");
  const read = useQuery({
    queryKey: ["sold"],
    queryFn: () =>
      Promise.all([
        pages((cursor) => must(api.GET("/billing/v1/prices", { params: { query: { limit: 100, cursor } } }))),
        pages((cursor) => must(api.GET("/billing/v1/products", { params: { query: { limit: 100, cursor } } }))),
      ]),
    enabled: may,
    staleTime: 60_000,
  });
  const [prices, products] = read.data ?? [[], []];
  const byId = new Map(prices.map((p) => [p.id, p]));
  const names = new Map(products.map((p) => [p.id, p.name]));
  const name = (p: Price): string => names.get(p.product) ?? "";
  return {
    known: read.data !== undefined,
    recurring: prices.filter((p) => p.kind === "recurring" && !p.archived_at).sort((a, b) => name(a).localeCompare(name(b))),
    price: (id) => byId.get(id as Schemas["PriceId"]),
    product: (id) => names.get(id as Schemas["ProductId"]),
  };
}

/** How often: every month, every 3 months. */
export const every = (interval: string, count: number | null | undefined): string =>
  count && count > 1 ? t("products.everyMany", { count: number(count), intervals: label(`many_${interval}`) }) : label(`every_${interval}`);

/** What a price comes to: of tiers the first, which says so. */
export function priced(p: Price): string {
  const amount = unitMoney(p.unit_amount, p.currency);
  switch (p.billing_scheme) {
    case "flat":
      return amount;
    case "graduated":
    case "volume":
      return t("prices.tiers", { scheme: label(p.billing_scheme), amount });
    case "package":
      return t("prices.package", { amount, size: p.package_size ?? "1" });
    default:
      return t("prices.each", { amount });
  }
}

/** A price for people: what it is of, how much and how often. */
export const priceName = (p: Price, sold: Sold): string => `${sold.product(p.product) ?? p.product}: ${priced(p)} ${every(p.interval ?? "", p.interval_count)}`;

/** Whether something billed at one may be billed at the other as well. */
export const besides = (one: Price, other: Price): boolean => one.currency === other.currency && one.interval === other.interval && (one.interval_count ?? 1) === (other.interval_count ?? 1);
