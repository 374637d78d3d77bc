// Money, times and sizes for people.

import { current, locale } from "./settings";

const EXPONENTS: Record<string, number> = Object.fromEntries([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"].map((c) => [c, 0]),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((c) => [c, 3]),
  ...["CLF", "UYW"].map((c) => [c, 4]),
]);

/** Digits behind the point (ISO 4217). */
export const exponent = (currency: string): number => EXPONENTS[currency] ?? 2;

/** Minor units as a decimal: 4200 and 2 are 42.00. */
export function decimal(minor: number, digits: number): string {
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  return `${minor < 0 ? "-" : ""}${whole}${digits ? `.${text.slice(-digits)}` : ""}`;
}

export function money(minor: number, currency: string): string {
  const digits = exponent(currency);
  const format = new Intl.NumberFormat(locale(), {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  // As a text, so that no digit is lost on the way.
  return format.format(decimal(minor, digits) as Intl.StringNumericLiteral);
}

/** A decimal number of minor units, as prices have it: 0.25 of EUR is €0.0025. */
export function unitMoney(text: string, currency: string): string {
  const digits = exponent(currency);
  const sign = text.startsWith("-") ? "-" : "";
  const [whole = "0", part = ""] = text.replace("-", "").split(".");
  const padded = whole.padStart(digits + 1, "0");
  const at = padded.length - digits;
  const amount = `${padded.slice(0, at)}.${padded.slice(at)}${part}`;
  const format = new Intl.NumberFormat(locale(), { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: 20 });
  return format.format(`${sign}${amount.replace(/\.$/, "")}` as Intl.StringNumericLiteral);
}

/** What somebody has typed as minor units, or nothing where it is no amount of the currency. */
export function minor(text: string, currency: string): number | undefined {
  const digits = exponent(currency);
  const plain = text.trim().replace(/\s/g, "").replace(",", ".");
  const found = /^(\d{1,13})(?:\.(\d+))?$/.exec(plain);
  const [whole, part = ""] = [found?.[1], found?.[2]];
  if (whole === undefined || part.length > digits) return undefined;
  return Number(whole + part.padEnd(digits, "0"));
}

const zone = (): string | undefined => (current().zone === "utc" ? "UTC" : undefined);

export function time(instant: string | null | undefined): string {
  if (!instant) return "–";
  const at = new Date(instant);
  const text = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "medium", timeZone: zone() }).format(at);
  // On one line.
  return text.replace(/\s/g, "\u00a0");
}

/** A day of the calendar, in short. */
export const shortDay = (day: string): string => new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));

/** From one day to another, which is the first that is not in it any more. */
export function days(from: string, to: string): string {
  const format = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: zone() });
  return format.formatRange(new Date(from), new Date(Math.max(Date.parse(from), Date.parse(to) - 1)));
}

/** How far off: "in 3 hours", "2 days ago". */
export function away(instant: string): string {
  const seconds = (Date.parse(instant) - Date.now()) / 1000;
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** The beginning or the end of a day in the chosen zone, as the API takes it. */
export function dayBound(day: string, end: boolean): string {
  const clock = end ? "T23:59:59.999" : "T00:00:00.000";
  const at = new Date(day + clock + (current().zone === "utc" ? "Z" : ""));
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

export const number = (value: number): string => new Intl.NumberFormat(locale()).format(value);
