// What is billed again and again: the list of it, whole and of one customer.

import { Of } from "../accounts";
import { api, must, type Schemas } from "../api";
import { time } from "../format";
import { label, t } from "../i18n";
import type { List } from "../list";
import { State } from "../ui";
import { every } from "./prices";

export type Subscription = Schemas["Subscription"];

export const subscriptions: List<Subscription> = {
  id: "subscriptions",
  title: "nav.subscriptions",
  about: "subscriptions.about",
  load: (query) => must(api.GET("/billing/v1/subscriptions", { params: { query } as never })),
  key: (s) => s.id,
  href: (s) => `/portal/subscriptions/${s.id}`,
  columns: [
    { id: "id", label: "field.subscription", text: (s) => s.id, cell: (s) => <code>{s.id}</code> },
    { id: "status", label: "field.status", text: (s) => s.status, cell: (s) => <Status of={s} />, sort: (s) => s.status },
    { id: "customer", label: "field.customer", text: (s) => s.customer, cell: (s) => <Of id={s.customer} /> },
    { id: "interval", label: "products.interval", text: (s) => `${s.interval_count} ${s.interval}`, cell: (s) => every(s.interval, s.interval_count) },
    { id: "items", label: "subscriptions.items", text: (s) => String(s.items.length), sort: (s) => s.items.length, numeric: true, extra: true },
    { id: "due", label: "subscriptions.next", text: (s) => s.due_at ?? "", cell: (s) => time(s.due_at), sort: (s) => s.due_at ?? "" },
    { id: "end", label: "subscriptions.periodEnd", text: (s) => s.period_end ?? "", cell: (s) => time(s.period_end), sort: (s) => s.period_end ?? "", extra: true },
    { id: "problem", label: "subscriptions.problem", text: (s) => s.billing_problem ?? "", cell: (s) => s.billing_problem && label(s.billing_problem), extra: true },
    { id: "created", label: "field.created", text: (s) => s.created_at, cell: (s) => time(s.created_at), sort: (s) => s.created_at, extra: true },
    { id: "currency", label: "field.currency", text: (s) => s.currency, extra: true },
  ],
  filters: [
    { name: "status", label: "field.status", kind: "choice", options: ["trialing", "active", "canceled"] },
    { name: "customer", label: "field.customer", kind: "text", mono: true },
    { name: "created_from", label: "field.from", kind: "day" },
    { name: "created_to", label: "field.to", kind: "day", end: true },
  ],
  emptyTitle: "subscriptions.empty",
  emptyText: "subscriptions.emptyAbout",
};

/** Where one stands, and what is about to become of it. */
export function Status({ of: s }: { of: Subscription }) {
  return (
    <>
      <State value={s.status} /> {s.billing_problem ? <State value="not_billed" /> : s.ends_with_period && s.status !== "canceled" ? <State value="ending" /> : null}
    </>
  );
}

/** Those of one customer. */
export const ofCustomer: List<Subscription> = {
  ...subscriptions,
  columns: subscriptions.columns.filter((c) => c.id !== "customer"),
  emptyText: "subscriptions.noneOfThem",
};

/** What has to be read anew once one has changed. */
export const CHANGES = [["subscriptions"], ["subscription-previews"]] as const;

export const nameOf = (s: Subscription, productOf: (id: string) => string | undefined): string => [...new Set(s.items.map((item) => productOf(item.product) ?? t("nav.subscription")))].join(", ");
