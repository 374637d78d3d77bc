// What may be done with an invoice, and why not now.

import { useRef } from "react";
import { useLocation } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf } from "../form";
import { money } from "../format";
import { label, t } from "../i18n";
import { Choice, Field } from "../ui";
import { CreditAction } from "./credit";
import { Preview, PreviewButton } from "./invoice-preview";

type Invoice = Schemas["Invoice"];
type Resolution = Schemas["InvoiceResolution"];

/** What may be said to have become of an invoice. */
const outcomes = (i: Invoice): readonly Resolution[] => (i.status === "open" ? ["paid", "uncollectible"] : i.status === "uncollectible" ? ["paid", "open"] : i.status === "paid" ? ["open"] : []);

export function InvoiceActions({ of: i }: { of: Invoice }) {
  return i.status === "draft" ? <OfDraft of={i} /> : <OfIssued of={i} />;
}

const changes = (id: string): readonly (readonly string[])[] => [["invoices"], ["payments"], ["credit-notes"], [`credit-notes-of-${id}`], ["wallets"]];

function OfDraft({ of: i }: { of: Invoice }) {
  const [, go] = useLocation();
  const seen = useRef<string>(undefined);
  const path = { id: i.id };
  const days = (data: FormData): number | null => Number(maybe(data, "due_days") ?? Number.NaN) || null;
  return (
    <>
      <PreviewButton id={i.id} />
      <Action
        label={t("edit")}
        title={t("invoices.edit")}
        confirm={t("save")}
        right="invoice.write"
        values={(data): Schemas["UpdateInvoiceRequest"] => ({ memo: maybe(data, "memo") ?? null, reference: maybe(data, "reference") ?? null, purchase_order: maybe(data, "purchase_order") ?? null, due_days: days(data) })}
        send={(body) => must(api.PATCH("/billing/v1/invoices/{id}", { params: { path }, body }))}
        changes={changes(i.id)}
        done={t("invoices.changed")}
      >
        <Field name="memo" label={t("field.memo")} hint={t("invoices.memoHint")} initial={i.memo ?? ""} autoFocus maxLength={500} />
        <Field name="reference" label={t("field.reference")} initial={i.reference ?? ""} maxLength={100} />
        <Field name="purchase_order" label={t("invoices.order")} initial={i.purchase_order ?? ""} maxLength={500} />
        <Field name="due_days" label={t("customers.dueDays")} hint={t("customers.dueDaysHint")} initial={i.due_days == null ? "" : String(i.due_days)} inputMode="numeric" />
      </Action>
      <Action
        label={t("invoices.finalize")}
        about={
          <>
            <p>{t("invoices.finalizeAbout")}</p>
            <Preview id={i.id} seen={(hash) => (seen.current = hash)} />
          </>
        }
        right="invoice.finalize"
        kind="primary"
        wide
        // What is issued is what was seen.
        values={(): Schemas["FinalizeInvoiceRequest"] => (seen.current ? { preview: seen.current } : {})}
        send={(body, under) => must(api.POST("/billing/v1/invoices/{id}/finalize", { params: { path, header: heads(under) }, body }))}
        changes={changes(i.id)}
        done={t("invoices.finalized")}
      />
      <Action
        label={t("remove")}
        title={t("invoices.remove")}
        about={t("invoices.removeAbout")}
        right="invoice.write"
        kind="danger"
        values={() => ({})}
        send={() => must(api.DELETE("/billing/v1/invoices/{id}", { params: { path } }))}
        changes={[]}
        done={t("invoices.removed")}
        then={() => go("/portal/invoices")}
      />
    </>
  );
}

function OfIssued({ of: i }: { of: Invoice }) {
  const path = { id: i.id };
  const possible = outcomes(i);
  return (
    <>
      <Action
        label={t("invoices.pay")}
        about={t("invoices.payAbout", { total: money(i.amount_due, i.currency) })}
        right="payment.write"
        kind="primary"
        not={i.status !== "open" && t("invoices.notOpen")}
        values={() => ({})}
        send={(_, under) => must(api.POST("/billing/v1/invoices/{id}/pay", { params: { path, header: heads(under) }, body: {} }))}
        changes={changes(i.id)}
        done={t("invoices.paid")}
      />
      <CreditAction of={i} />
      <Action
        label={t("invoices.settle")}
        about={t("invoices.settleAbout")}
        right="invoice.settle"
        not={possible.length === 0 && t("invoices.notSettled")}
        values={(data): Schemas["SettleInvoiceRequest"] => ({ outcome: textOf(data, "outcome") as Resolution, reason: textOf(data, "reason") })}
        send={(body, under) => must(api.POST("/billing/v1/invoices/{id}/settle", { params: { path, header: heads(under) }, body }))}
        changes={changes(i.id)}
        done={t("invoices.settled")}
      >
        {(wrong) => (
          <>
            <Choice name="outcome" label={t("field.outcome")} wrong={wrong.outcome} options={possible.map((one) => [one, label(`settle_${one}`)] as const)} />
            <Field name="reason" label={t("field.reason")} hint={t("refund.reasonHint")} required autoFocus maxLength={500} />
          </>
        )}
      </Action>
      <Action
        label={t("invoices.void")}
        about={t("invoices.voidAbout")}
        right="invoice.void"
        kind="danger"
        not={(i.status !== "open" || i.amount_paid !== 0) && t("invoices.notVoid")}
        values={(data) => ({ reason: maybe(data, "reason") })}
        send={(body, under) => must(api.POST("/billing/v1/invoices/{id}/void", { params: { path, header: heads(under) }, body }))}
        changes={changes(i.id)}
        done={t("invoices.voided")}
      >
        <Field name="reason" label={t("field.reason")} autoFocus maxLength={500} />
      </Action>
    </>
  );
}
