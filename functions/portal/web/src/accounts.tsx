// Accounts of the books, and what entries come from, by their names.

import { Link } from "wouter";
import { useMay } from "./client";
import { money } from "./format";
import { label, t } from "./i18n";

/** Every kind of account, in the order of the chart. */
export const KINDS = ["receivable", "cash_in_transit", "bank", "revenue", "deferred_revenue", "tax_payable", "customer_credit", "refunds", "chargebacks", "fees", "write_offs", "rounding", "opening_balance", "suspense"] as const;

/** An account for people: its kind, and of what it is. */
export function accountName(id: string): string {
  const [kind = "", ...parts] = id.split(".");
  const of = parts.join(".");
  return of ? `${label(kind)}: ${["other", "credits"].includes(of) ? label(`account_${of}`) : of}` : label(kind);
}

/** What became of what an entry comes from, without the number of its try. */
export const effectName = (effect: string): string => label(effect.split("#")[0] ?? "");

export const statementOf = (account: string, currency: string): string => `/portal/ledger/${account}?currency=${currency}`;

/** Where things with an id are shown, and who sees them. */
const SHOWN: Record<string, readonly [string, string]> = {
  inv: ["invoices", "invoice.read"],
  cn: ["credit-notes", "invoice.read"],
  pay: ["payments", "payment.read"],
  cus: ["customers", "customer.read"],
  sub: ["subscriptions", "subscription.read"],
};

/** What an id names, as a link where there is a screen of it. */
export function Of({ id }: { id: string }) {
  const may = useMay();
  const [path, right] = SHOWN[id.split("_")[0] ?? ""] ?? ["", ""];
  return path && may(right) ? (
    <Link href={`/portal/${path}/${id}`}>
      <code>{id}</code>
    </Link>
  ) : (
    <code>{id}</code>
  );
}

/** A balance, and on which side it stands. */
export const side = (amount: number, currency: string): string => (amount === 0 ? money(0, currency) : t(amount > 0 ? "ledger.debitOf" : "ledger.creditOf", { amount: money(Math.abs(amount), currency) }));

/** The month before this one, in UTC, as the books have months. */
export function lastMonth(now = new Date()): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
}
export const isMonth = (text: string): boolean => /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
