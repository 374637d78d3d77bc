// What is listed in more than one place.

import { Link } from "wouter";
import { Of } from "../accounts";
import { api, heads, must, type Schemas } from "../api";
import { Action, textOf } from "../form";
import { decimal, exponent, money, time } from "../format";
import { label, t } from "../i18n";
import type { Filter, List } from "../list";
import { Passing } from "../passing";
import { Field, Id, State } from "../ui";

const DAYS: readonly Filter[] = [
  { name: "created_from", label: "field.from", kind: "day" },
  { name: "created_to", label: "field.to", kind: "day", end: true },
];

const amount = (minor: number, currency: string): string => decimal(minor, exponent(currency));

export const payments: List<Schemas["Payment"]> = {
  id: "payments",
  title: "nav.payments",
  about: "payments.about",
  load: (query) => must(api.GET("/payments/v1/payments", { params: { query } as never })),
  key: (p) => p.id,
  href: (p) => `/portal/payments/${p.id}`,
  columns: [
    { id: "id", label: "field.payment", text: (p) => p.id, cell: (p) => <code>{p.id}</code> },
    { id: "created", label: "field.created", text: (p) => p.created_at, cell: (p) => time(p.created_at), sort: (p) => p.created_at },
    { id: "status", label: "field.status", text: (p) => p.status, cell: (p) => <State value={p.status} />, sort: (p) => p.status },
    { id: "card", label: "field.card", text: (p) => `${p.card.brand} ${p.card.last4}`, cell: (p) => `${label(p.card.brand)} ·· ${p.card.last4}` },
    { id: "customer", label: "field.customer", text: (p) => p.customer, cell: (p) => <Link href={`/portal/customers/${p.customer}`}>{p.customer}</Link>, extra: true },
    { id: "reference", label: "field.reference", text: (p) => p.reference ?? "" },
    { id: "score", label: "field.risk", text: (p) => String(p.risk.score), sort: (p) => p.risk.score, numeric: true, extra: true },
    { id: "refunded", label: "field.refunded", text: (p) => amount(p.refunded, p.currency), cell: (p) => money(p.refunded, p.currency), sort: (p) => p.refunded, numeric: true, extra: true },
    { id: "amount", label: "field.amount", text: (p) => amount(p.amount, p.currency), cell: (p) => money(p.amount, p.currency), sort: (p) => p.amount, numeric: true },
    { id: "currency", label: "field.currency", text: (p) => p.currency, extra: true },
  ],
  filters: [
    { name: "status", label: "field.status", kind: "choice", options: ["authorized", "partially_captured", "captured", "declined", "canceled", "in_review", "requires_action", "processing", "expired", "unknown"] },
    { name: "customer", label: "field.customer", kind: "text", mono: true },
    { name: "reference", label: "field.reference", kind: "text" },
    ...DAYS,
  ],
  emptyTitle: "payments.empty",
  emptyText: "payments.emptyAbout",
  bulk: [
    {
      label: "cancel.do",
      ask: "bulk.cancelAsk",
      right: "payment.cancel",
      kind: "danger",
      can: (p) => p.status === "authorized" && p.captured === 0,
      send: (p, under) => must(api.POST("/payments/v1/payments/{id}/cancel", { params: { path: { id: p.id }, header: heads(under) }, body: {} })),
    },
  ],
};

export const refunds: List<Schemas["Refund"]> = {
  id: "refunds",
  title: "nav.refunds",
  load: (query) => must(api.GET("/payments/v1/refunds", { params: { query } as never })),
  key: (r) => r.id,
  columns: [
    { id: "id", label: "field.refund", text: (r) => r.id, cell: (r) => <code>{r.id}</code> },
    { id: "payment", label: "field.payment", text: (r) => r.payment, cell: (r) => <Link href={`/portal/payments/${r.payment}`}>{r.payment}</Link> },
    { id: "created", label: "field.created", text: (r) => r.created_at, cell: (r) => time(r.created_at), sort: (r) => r.created_at },
    { id: "status", label: "field.status", text: (r) => r.status, cell: (r) => <State value={r.status} />, sort: (r) => r.status },
    { id: "reason", label: "field.reason", text: (r) => r.reason ?? "" },
    { id: "amount", label: "field.amount", text: (r) => amount(r.amount, r.currency), cell: (r) => money(r.amount, r.currency), sort: (r) => r.amount, numeric: true },
    { id: "currency", label: "field.currency", text: (r) => r.currency, extra: true },
  ],
  filters: [{ name: "status", label: "field.status", kind: "choice", options: ["pending", "succeeded", "failed"] }, { name: "customer", label: "field.customer", kind: "text", mono: true }, ...DAYS],
  emptyTitle: "refunds.empty",
  emptyText: "refunds.emptyAbout",
};

/** The refunds of one payment. */
export const refundsOf = (payment: string): List<Schemas["Refund"]> => ({
  ...refunds,
  id: `refunds-of-${payment}`,
  columns: refunds.columns.filter((c) => c.id !== "payment"),
  load: (query) => must(api.GET("/payments/v1/payments/{id}/refunds", { params: { path: { id: payment }, query } as never })),
  emptyText: "refunds.noneOfIt",
});

export const invoices: List<Schemas["InvoiceSummary"]> = {
  id: "invoices",
  title: "nav.invoices",
  about: "invoices.about",
  load: (query) => must(api.GET("/billing/v1/invoices", { params: { query } as never })),
  key: (i) => i.id,
  href: (i) => `/portal/invoices/${i.id}`,
  columns: [
    { id: "number", label: "field.number", text: (i) => i.number ?? i.id, cell: (i) => i.number ?? <code>{i.id}</code> },
    { id: "created", label: "field.created", text: (i) => i.created_at, cell: (i) => time(i.created_at), sort: (i) => i.created_at },
    { id: "status", label: "field.status", text: (i) => i.status, cell: (i) => <State value={i.status} />, sort: (i) => i.status },
    { id: "customer", label: "field.customer", text: (i) => i.customer, cell: (i) => <Link href={`/portal/customers/${i.customer}`}>{i.customer}</Link> },
    { id: "reference", label: "field.reference", text: (i) => i.reference ?? "", extra: true },
    { id: "paid", label: "field.paid", text: (i) => i.paid_at ?? "", cell: (i) => time(i.paid_at), sort: (i) => i.paid_at ?? "", extra: true },
    { id: "dueOn", label: "field.dueOn", text: (i) => i.due_on ?? "", sort: (i) => i.due_on ?? "", extra: true },
    { id: "due", label: "invoices.due", text: (i) => amount(i.amount_due, i.currency), cell: (i) => money(i.amount_due, i.currency), sort: (i) => i.amount_due, numeric: true, extra: true },
    { id: "total", label: "field.total", text: (i) => amount(i.total, i.currency), cell: (i) => money(i.total, i.currency), sort: (i) => i.total, numeric: true },
    { id: "currency", label: "field.currency", text: (i) => i.currency, extra: true },
  ],
  filters: [
    { name: "status", label: "field.status", kind: "choice", options: ["draft", "open", "paid", "void", "uncollectible"] },
    { name: "number", label: "field.number", kind: "text" },
    { name: "customer", label: "field.customer", kind: "text", mono: true },
    ...DAYS,
  ],
  emptyTitle: "invoices.empty",
  emptyText: "invoices.emptyAbout",
};

export const creditNotes: List<Schemas["CreditNote"]> = {
  id: "credit-notes",
  title: "nav.notes",
  about: "notes.about",
  load: (query) => must(api.GET("/billing/v1/credit-notes", { params: { query } as never })),
  key: (n) => n.id,
  href: (n) => `/portal/credit-notes/${n.id}`,
  columns: [
    { id: "number", label: "field.number", text: (n) => n.number },
    { id: "created", label: "field.created", text: (n) => n.created_at, cell: (n) => time(n.created_at), sort: (n) => n.created_at },
    { id: "invoice", label: "field.invoice", text: (n) => n.invoice_number ?? n.invoice, cell: (n) => <Link href={`/portal/invoices/${n.invoice}`}>{n.invoice_number ?? <code>{n.invoice}</code>}</Link> },
    { id: "customer", label: "field.customer", text: (n) => n.customer, cell: (n) => <Of id={n.customer} />, extra: true },
    { id: "reason", label: "field.reason", text: (n) => n.reason ?? "" },
    { id: "to", label: "notes.to", text: (n) => n.to, cell: (n) => label(n.to), extra: true },
    { id: "tax", label: "field.tax", text: (n) => amount(n.tax, n.currency), cell: (n) => money(n.tax, n.currency), sort: (n) => n.tax, numeric: true },
    { id: "total", label: "field.total", text: (n) => amount(n.total, n.currency), cell: (n) => money(n.total, n.currency), sort: (n) => n.total, numeric: true },
    { id: "currency", label: "field.currency", text: (n) => n.currency, extra: true },
  ],
  filters: [{ name: "invoice", label: "field.invoice", kind: "text", mono: true }, { name: "customer", label: "field.customer", kind: "text", mono: true }, ...DAYS],
  emptyTitle: "notes.empty",
  emptyText: "notes.emptyAbout",
};

/** The credit notes of one invoice. */
export const creditNotesOf = (invoice: string): List<Schemas["CreditNote"]> => ({
  ...creditNotes,
  columns: creditNotes.columns.filter((c) => c.id !== "invoice"),
  load: (query) => must(api.GET("/billing/v1/credit-notes", { params: { query: { ...query, invoice } } as never })),
  id: `credit-notes-of-${invoice}`,
  emptyText: "notes.noneOfIt",
});

export const paymentMethods: List<Schemas["PaymentMethod"]> = {
  id: "payment-methods",
  title: "methods.title",
  load: (query) => must(api.GET("/vault/v1/payment-methods", { params: { query } as never })),
  key: (m) => m.id,
  columns: [
    { id: "id", label: "field.id", text: (m) => m.id, cell: (m) => <code>{m.id}</code> },
    { id: "type", label: "field.type", text: (m) => m.type, cell: (m) => label(m.type) },
    { id: "number", label: "field.card", text: (m) => `${m.brand ?? ""} ${m.last4}`, cell: (m) => `${m.brand ? `${label(m.brand)} ` : ""}·· ${m.last4}` },
    { id: "expires", label: "field.expires", text: (m) => (m.exp_month ? `${m.exp_month}/${m.exp_year}` : "") },
    { id: "created", label: "field.created", text: (m) => m.created_at, cell: (m) => time(m.created_at) },
  ],
  emptyTitle: "methods.empty",
  emptyText: "methods.emptyAbout",
  row: (m) => (
    <>
      <Action
        label={t("reveal.do")}
        about={t("reveal.about")}
        right="vault.reveal"
        values={(data) => ({ reason: textOf(data, "reason") })}
        send={(body, under) => must(api.POST("/vault/v1/payment-methods/{id}/reveal", { params: { path: { id: m.id }, header: heads(under) }, body }))}
        changes={[]}
        done={t("reveal.done")}
        after={(told: Schemas["RevealedPaymentMethod"]) => (
          <Passing>
            <Id value={told.number} />
          </Passing>
        )}
      >
        <Field name="reason" label={t("field.reason")} required autoFocus maxLength={200} />
      </Action>
      <Action
        label={t("methods.remove")}
        about={t("methods.removeAbout")}
        right="vault.delete"
        kind="danger"
        values={() => ({})}
        send={() => must(api.DELETE("/vault/v1/payment-methods/{id}", { params: { path: { id: m.id } } }))}
        changes={[["payment-methods"]]}
        done={t("methods.removed")}
      />
    </>
  ),
};

export const deliveries: List<Schemas["Delivery"]> = {
  id: "deliveries",
  title: "nav.deliveries",
  about: "deliveries.about",
  load: (query) => must(api.GET("/notifications/v1/deliveries", { params: { query } as never })),
  key: (d) => d.id,
  columns: [
    { id: "id", label: "field.delivery", text: (d) => d.id, cell: (d) => <code>{d.id}</code> },
    { id: "event", label: "field.event", text: (d) => d.event_type, sort: (d) => d.event_type },
    { id: "status", label: "field.status", text: (d) => d.status, cell: (d) => <State value={d.status} />, sort: (d) => d.status },
    { id: "created", label: "field.created", text: (d) => d.created_at, cell: (d) => time(d.created_at), sort: (d) => d.created_at },
    { id: "attempts", label: "field.attempts", text: (d) => String(d.attempts.length), sort: (d) => d.attempts.length, numeric: true },
    {
      id: "last",
      label: "field.lastAttempt",
      text: (d) => {
        const last = d.attempts.at(-1);
        return last ? `${last.status ?? label(last.error ?? "")} ${last.millis} ms` : "";
      },
    },
    { id: "next", label: "field.nextAttempt", text: (d) => d.next_attempt_at ?? "", cell: (d) => time(d.next_attempt_at), extra: true },
    { id: "webhook", label: "field.webhook", text: (d) => d.webhook, cell: (d) => <code>{d.webhook}</code>, extra: true },
  ],
  filters: [{ name: "webhook", label: "field.webhook", kind: "text", mono: true }],
  emptyTitle: "deliveries.empty",
  emptyText: "deliveries.emptyAbout",
};

export const alerts: List<Schemas["Alert"]> = {
  id: "alerts",
  title: "nav.alerts",
  about: "alerts.about",
  load: (query) => must(api.GET("/audit/v1/alerts", { params: { query } as never })),
  key: (a) => a.id,
  columns: [
    { id: "rule", label: "field.rule", text: (a) => a.rule, cell: (a) => label(a.rule), sort: (a) => a.rule },
    { id: "severity", label: "field.severity", text: (a) => a.severity, cell: (a) => <State value={a.severity} />, sort: (a) => ["low", "medium", "high", "critical"].indexOf(a.severity) },
    { id: "detail", label: "field.detail", text: (a) => a.detail },
    { id: "raised", label: "field.raised", text: (a) => a.raised_at, cell: (a) => time(a.raised_at), sort: (a) => a.raised_at },
    { id: "state", label: "field.status", text: (a) => a.state, cell: (a) => <State value={a.state} />, sort: (a) => a.state },
    { id: "entries", label: "field.entries", text: (a) => a.entries.join(" "), cell: (a) => <Entries ids={a.entries} />, extra: true },
    { id: "note", label: "field.note", text: (a) => a.note ?? "", extra: true },
  ],
  filters: [{ name: "state", label: "field.status", kind: "choice", options: ["open", "acknowledged"] }],
  emptyTitle: "alerts.empty",
  emptyText: "alerts.emptyAbout",
};

/** Entries of the log by their ids. */
export function Entries({ ids }: { ids: string[] }) {
  return (
    <>
      {ids.slice(0, 5).map((id) => (
        <Link key={id} href={`/portal/audit/${id}`} className="block">
          {id}
        </Link>
      ))}
    </>
  );
}
