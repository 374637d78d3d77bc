// What statistics are reckoned with: days, ages of claims, and what a subscription is worth a month. Amounts are minor units.

import type { Schemas } from "./api";

/** What of a price decides what quantities cost. */
type Model = Pick<Schemas["Price"], "billing_scheme" | "unit_amount" | "tiers" | "package_size" | "free_units">;
type Price = Model & Pick<Schemas["Price"], "interval" | "interval_count">;

/** Digits behind the point that are kept: units have six, amounts twelve. */
const DIGITS = 18;
const ONE = 10n ** BigInt(DIGITS);

/** A decimal number, exactly, in units of 10⁻¹⁸. */
function exact(text: string): bigint {
  const [whole = "0", part = ""] = text.replace("-", "").split(".");
  const value = BigInt(whole + part.padEnd(DIGITS, "0").slice(0, DIGITS));
  return text.startsWith("-") ? -value : value;
}

const times = (a: bigint, b: bigint): bigint => (a * b) / ONE;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What so many units cost for one period, not rounded; nothing where the price has no answer. */
function cost(p: Model, units: bigint): bigint | undefined {
  const amount = exact(p.unit_amount);
  const tiers = p.tiers.map((one) => ({ end: one.up_to == null ? undefined : exact(one.up_to), unit: exact(one.unit_amount), flat: exact(one.flat_amount ?? "0") }));
  switch (p.billing_scheme) {
    case "flat":
      return amount;
    case "per_unit":
      return times(units, amount);
    case "package": {
      const size = exact(p.package_size ?? "1");
      const paid = units - exact(p.free_units ?? "0");
      return paid <= 0n ? 0n : ((paid + size - 1n) / size) * amount;
    }
    case "volume": {
      const tier = tiers.find(({ end }) => end === undefined || units <= end);
      return tier && times(units, tier.unit) + tier.flat;
    }
    case "graduated": {
      let [sum, begun] = [0n, 0n];
      for (const [place, { end, unit, flat }] of tiers.entries()) {
        // The first is entered at nothing.
        if (place > 0 && units <= begun) break;
        sum += times((end === undefined ? units : least(units, end)) - begun, unit) + flat;
        if (end === undefined) break;
        begun = end;
      }
      return sum;
    }
    default:
      return undefined;
  }
}

/** What so many units cost for one period, in minor units. */
export function costs(p: Model, quantity: string): number | undefined {
  const found = cost(p, exact(quantity));
  return found === undefined ? undefined : rounded(found);
}

/** How many months are in how many of an interval: a year has twelve, 52 weeks and 365 days. */
const MONTHS: Record<string, readonly [bigint, bigint]> = { day: [12n, 365n], week: [12n, 52n], month: [1n, 1n], quarter: [3n, 1n], half_year: [6n, 1n], year: [12n, 1n] };

/** What a price brings in a month for so many units, in 10⁻¹⁸ of a minor unit: sums are rounded, not their parts. */
export function monthly(p: Price, quantity: string): bigint | undefined {
  const [months, per] = MONTHS[p.interval ?? ""] ?? [];
  const found = cost(p, exact(quantity));
  if (found === undefined || months === undefined || per === undefined) return undefined;
  return (found * per) / (months * BigInt(p.interval_count ?? 1));
}

/** To whole minor units, half away from zero. */
export function rounded(value: bigint): number {
  const half = value < 0n ? -ONE / 2n : ONE / 2n;
  return Number((value + half) / ONE);
}

const two = (value: number): string => String(value).padStart(2, "0");
/** The day of an instant, in UTC or where the browser is. */
export function dayOf(instant: string | number, utc: boolean): string {
  const at = new Date(instant);
  return utc ? at.toISOString().slice(0, 10) : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The last days, oldest first, today among them. */
export function lastDays(count: number, utc: boolean, now = new Date()): string[] {
  // At noon no clock that is put forward or back makes another day of it.
  const noon = utc ? Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), 12) : new Date(now.getFullYear(), now.getMonth(), now.getDate(), 12).getTime();
  return Array.from({ length: count }, (_, n) => dayOf(noon - (count - 1 - n) * 86_400_000, utc));
}

/** How long a claim has been due: not yet, or up to so many days, or longer. */
export const AGES = ["none", "30", "60", "90", "more"] as const;
export type Age = (typeof AGES)[number];
export function ageOf(due: string | null | undefined, today: string): Age {
  const days = due ? Math.round((Date.parse(today) - Date.parse(due)) / 86_400_000) : 0;
  return days <= 0 ? "none" : days <= 30 ? "30" : days <= 60 ? "60" : days <= 90 ? "90" : "more";
}
