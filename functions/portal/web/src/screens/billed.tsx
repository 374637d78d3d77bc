// What documents say of a customer: address, tax ids, language, days to pay.

import { api, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { label, t } from "../i18n";
import { Card, Choice, Facts, Field } from "../ui";

type Customer = Schemas["Customer"];
const LANGUAGES: readonly Schemas["DocumentLanguage"][] = ["en", "de", "fr"];

/** Several in one field, with commas between them. */
export const listed = (text: string): string[] =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);

/** An address as a form has it; none where no line is typed. */
export function addressOf(data: FormData): Schemas["PostalAddress"] | null {
  const [lines, rest] = [listed(textOf(data, "lines")), { postal_code: maybe(data, "postal_code"), city: maybe(data, "city"), region: maybe(data, "region") }];
  if (lines.length === 0) {
    if (Object.values(rest).some(Boolean)) throw wrongField("lines", t("address.noLine"));
    return null;
  }
  return { lines, ...rest };
}

export function daysOf(data: FormData): number | null {
  const text = textOf(data, "due_days");
  if (text && !/^\d{1,4}$/.test(text)) throw wrongField("due_days", t("wrong.number"));
  return text ? Number(text) : null;
}

/** Where electronic documents go: scheme and address with a colon between them. */
export function electronic(text: string, name: string): { scheme: string; value: string } | null {
  if (!text) return null;
  const at = text.indexOf(":");
  if (at < 2) throw wrongField(name, t("address.electronicHint"));
  return { scheme: text.slice(0, at).trim().toUpperCase(), value: text.slice(at + 1).trim() };
}

export function AddressFields({ of }: { of?: { lines: string[]; postal_code?: string | null; city?: string | null; region?: string | null } | null }) {
  return (
    <>
      <Field name="lines" label={t("address.lines")} hint={t("address.linesHint")} initial={of?.lines.join(", ") ?? ""} />
      <Field name="postal_code" label={t("address.postalCode")} initial={of?.postal_code ?? ""} />
      <Field name="city" label={t("address.city")} initial={of?.city ?? ""} />
      <Field name="region" label={t("address.region")} initial={of?.region ?? ""} />
    </>
  );
}

export const addressLine = (of: { lines: string[]; postal_code?: string | null; city?: string | null; region?: string | null } | null | undefined): string => (of ? [...of.lines, [of.postal_code, of.city].filter(Boolean).join(" "), of.region].filter(Boolean).join(", ") : "");

export function Billed({ of: c }: { of: Customer }) {
  return (
    <Card
      title={t("customers.billed")}
      actions={
        <Action
          label={t("edit")}
          confirm={t("save")}
          title={t("customers.billed")}
          right="customer.write"
          wide
          values={(data): Schemas["UpdateCustomerRequest"] => ({
            address: addressOf(data),
            tax_ids: listed(textOf(data, "tax_ids")),
            language: (maybe(data, "language") ?? null) as Schemas["DocumentLanguage"] | null,
            due_days: daysOf(data),
            buyer_reference: maybe(data, "buyer_reference") ?? null,
            electronic_address: electronic(textOf(data, "electronic_address"), "electronic_address"),
            time_zone: maybe(data, "time_zone") ?? null,
          })}
          send={(body) => must(api.PATCH("/billing/v1/customers/{id}", { params: { path: { id: c.id } }, body }))}
          changes={[["customers"]]}
          done={t("customers.changed")}
        >
          {(wrong) => (
            <div className="fields">
              <AddressFields of={c.address} />
              <Field name="tax_ids" label={t("customers.taxIds")} hint={t("customers.taxIdsHint")} initial={c.tax_ids.join(", ")} mono />
              <Choice name="language" label={t("customers.language")} wrong={wrong.language} initial={c.language ?? ""} options={[["", t("customers.ofTenant")], ...LANGUAGES.map((one) => [one, label(`lang_${one}`)] as const)]} />
              <Field name="due_days" label={t("customers.dueDays")} hint={t("customers.dueDaysHint")} initial={c.due_days == null ? "" : String(c.due_days)} inputMode="numeric" />
              <Field name="buyer_reference" label={t("customers.buyerReference")} hint={t("customers.buyerReferenceHint")} initial={c.buyer_reference ?? ""} />
              <Field name="electronic_address" label={t("address.electronic")} hint={t("address.electronicHint")} initial={c.electronic_address ? `${c.electronic_address.scheme}:${c.electronic_address.value}` : ""} mono />
              <Field name="time_zone" label={t("customers.timeZone")} hint="Europe/Berlin" initial={c.time_zone ?? ""} mono />
            </div>
          )}
        </Action>
      }
    >
      <Facts
        items={[
          [t("address.title"), addressLine(c.address)],
          [t("customers.taxIds"), c.tax_ids.join(", ")],
          [t("customers.language"), c.language ? label(`lang_${c.language}`) : t("customers.ofTenant")],
          [t("customers.dueDays"), c.due_days == null ? t("customers.ofTenant") : String(c.due_days)],
          [t("customers.buyerReference"), c.buyer_reference],
          [t("address.electronic"), c.electronic_address ? `${c.electronic_address.scheme}:${c.electronic_address.value}` : null],
          [t("customers.timeZone"), c.time_zone],
        ]}
      />
    </Card>
  );
}
