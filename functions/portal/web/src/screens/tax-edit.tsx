// The next settings of tax: what changes is shown before it is asked for, and a second person approves it.

import { useState } from "react";
import { useLocation } from "wouter";
import { api, approvalOf, must, type Schemas } from "../api";
import { Changes, type Line } from "../differences";
import { Action } from "../form";
import { label, t } from "../i18n";
import { Button, Card, Choice, Failed, Field, Head, Waiting } from "../ui";
import { electronic, listed } from "./billed";
import { type Settings, useTaxSettings } from "./tax";

type Row = Record<string, string> & { key: string };
interface State {
  fields: Record<string, string>;
  inclusive: boolean;
  rates: Row[];
  registrations: Row[];
  exemptions: Row[];
}
type Rows = "rates" | "registrations" | "exemptions";

let keys = 0;
const rowOf = (values: Record<string, string | null | undefined>): Row => ({ ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? ""])), key: String(keys++) });

function stateOf(s: Settings | undefined): State {
  const seller = s?.seller;
  const eas = seller?.electronic_address;
  const fields = {
    name: seller?.name,
    trading_name: seller?.trading_name,
    lines: seller?.address.lines.join(", "),
    postal_code: seller?.address.postal_code,
    city: seller?.address.city,
    region: seller?.address.region,
    country: seller?.country,
    tax_ids: seller?.tax_ids?.join(", "),
    tax_number: seller?.tax_number,
    registration: seller?.registration?.value,
    registration_scheme: seller?.registration?.scheme,
    contact_name: seller?.contact?.name,
    contact_email: seller?.contact?.email,
    contact_phone: seller?.contact?.phone,
    account: seller?.account?.account,
    bank: seller?.account?.bank,
    holder: seller?.account?.holder,
    electronic_address: eas && `${eas.scheme}:${eas.value}`,
    legal_note: seller?.legal_note,
    due_days: s?.due_days == null ? "" : String(s.due_days),
    series: s?.series,
    credit_note_series: s?.credit_note_series,
    profile: s?.profile,
  };
  return {
    fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? ""])),
    inclusive: s?.inclusive ?? false,
    rates: (s?.rates ?? []).map((r) => rowOf({ ...r })),
    registrations: (s?.registrations ?? []).map((r) => rowOf({ ...r })),
    exemptions: (s?.exemptions ?? []).map((r) => rowOf({ ...r })),
  };
}

/** What has a value, under the same names. */
function given<T>(values: Record<string, string | undefined>): T {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (name !== "key" && value?.trim() ? [[name, value.trim()]] : []))) as T;
}
const none = (values: object): boolean => Object.keys(values).length === 0;

/** The settings that a form means. */
function settingsOf({ fields: f, inclusive, rates, registrations, exemptions }: State): Settings {
  const contact = given<Schemas["SellerContact"]>({ name: f.contact_name, email: f.contact_email, phone: f.contact_phone });
  const account = given<Schemas["SellerAccount"]>({ account: f.account, bank: f.bank, holder: f.holder });
  const registration = given<Schemas["SellerRegistration"]>({ value: f.registration, scheme: f.registration_scheme });
  const eas = electronic(f.electronic_address?.trim() ?? "", "electronic_address");
  const ids = listed(f.tax_ids ?? "");
  const upper = (row: Row): Row => ({ ...row, country: (row.country ?? "").toUpperCase() });
  return {
    seller: {
      ...given<Schemas["Seller"]>({ name: f.name, trading_name: f.trading_name, country: f.country?.toUpperCase(), tax_number: f.tax_number, legal_note: f.legal_note }),
      address: { ...given<Schemas["SellerAddress"]>({ postal_code: f.postal_code, city: f.city, region: f.region }), lines: listed(f.lines ?? "") },
      ...(ids.length > 0 ? { tax_ids: ids } : {}),
      ...(none(registration) ? {} : { registration }),
      ...(none(contact) ? {} : { contact }),
      ...(none(account) ? {} : { account }),
      ...(eas ? { electronic_address: eas } : {}),
    },
    ...given<Pick<Settings, "series" | "credit_note_series" | "profile">>({ series: f.series, credit_note_series: f.credit_note_series, profile: f.profile }),
    ...(f.due_days?.trim() ? { due_days: Number(f.due_days) } : {}),
    inclusive,
    rates: rates.map((r) => given<Schemas["DatedTaxRate"]>(upper(r))),
    registrations: registrations.map((r) => given<Schemas["TaxRegistration"]>(upper(r))),
    exemptions: exemptions.map((r) => given<Schemas["TaxExemption"]>(r)),
  };
}

const record = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
/** What is not set is not said. */
const unset = (value: unknown): boolean => value === null || value === undefined || value === "" || value === false;
const row = (value: Record<string, unknown>): string =>
  Object.keys(value)
    .sort()
    .filter((name) => !unset(value[name]))
    .map((name) => `${name} ${String(value[name])}`)
    .join(", ");
/** Settings as lines, one for each of what is set. */
function said(value: unknown, name = ""): string[] {
  if (unset(value)) return [];
  if (Array.isArray(value)) return value.some(record) ? value.filter(record).map((one) => `${name}: ${row(one)}`) : value.length > 0 ? [`${name}: ${value.join(", ")}`] : [];
  if (record(value)) return Object.keys(value).sort().flatMap((n) => said(value[n], name ? `${name}.${n}` : n));
  return [`${name}: ${String(value)}`];
}

/** What differs between settings in force and those that are asked for. */
export function taxDifferences(before: Settings | undefined, after: Settings): Line[] {
  const [was, is] = [said(before), said(after)];
  return [...was.filter((one) => !is.includes(one)).map((text) => ({ sign: "-" as const, text })), ...is.filter((one) => !was.includes(one)).map((text) => ({ sign: "+" as const, text }))];
}

export default function TaxEdit() {
  const read = useTaxSettings();
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  return <Editor key={read.data?.version ?? 0} of={read.data?.settings} version={read.data?.version ?? 0} />;
}

/** What is wrong with a form before anything is sent. */
function wrongOf(state: State): string | false {
  const { name, lines, country, due_days, electronic_address } = state.fields;
  if (!name?.trim() || !lines?.trim() || !/^[A-Za-z]{2}$/.test(country?.trim() ?? "")) return t("tax.needsSeller");
  if (due_days?.trim() && !/^\d{1,4}$/.test(due_days.trim())) return `${t("customers.dueDays")}: ${t("wrong.number")}`;
  if (electronic_address?.trim() && electronic_address.trim().indexOf(":") < 2) return t("address.electronicHint");
  const rate = state.rates.some((r) => !/^[A-Za-z]{2}$/.test(r.country ?? "") || !r.category || !r.from || !/^\d{1,3}([.,]\d{1,4})?$/.test(r.rate ?? ""));
  if (rate) return t("tax.needsRate");
  if (state.registrations.some((r) => !/^[A-Za-z]{2}$/.test(r.country ?? "") || !r.from)) return t("tax.needsRegistration");
  return state.exemptions.some((e) => !e.reason?.trim()) && t("tax.needsReason");
}

function Editor({ of, version }: { of?: Settings; version: number }) {
  const [, go] = useLocation();
  const [state, set] = useState(() => stateOf(of));
  const wrong = wrongOf(state);
  const next = wrong ? undefined : settingsOf({ ...state, rates: state.rates.map((r) => ({ ...r, rate: (r.rate ?? "").replace(",", ".") })) });
  const lines = next ? taxDifferences(of, next) : [];
  const field = (name: string, text: string, hint?: string, mono?: boolean) => <Field name={name} label={text} hint={hint} value={state.fields[name] ?? ""} onChange={(value) => set((old) => ({ ...old, fields: { ...old.fields, [name]: value } }))} mono={mono} />;
  const rows = (list: Rows, blank: Record<string, string>) => ({
    rows: state[list],
    put: (row: Row, name: string, value: string) => set((old) => ({ ...old, [list]: old[list].map((one) => (one.key === row.key ? { ...one, [name]: value } : one)) })),
    more: () => set((old) => ({ ...old, [list]: [...old[list], rowOf(blank)] })),
    take: (row: Row) => set((old) => ({ ...old, [list]: old[list].filter((one) => one.key !== row.key) })),
  });
  return (
    <>
      <Head title={t("tax.edit")} about={t("roles.editAbout")}>
        <Action
          label={t("tax.ask")}
          title={t("roles.review")}
          confirm={t("roles.ask")}
          right="tax.write"
          kind="primary"
          wide
          not={wrong || (lines.length === 0 && t("roles.same"))}
          about={
            <>
              <p>{t("tax.reviewAbout")}</p>
              <Changes lines={lines} />
            </>
          }
          values={(): Schemas["PutTaxSettingsRequest"] => ({ replaces: version, settings: next ?? settingsOf(state) })}
          send={(body, under) => must(api.PUT("/billing/v1/tax-settings", { params: { header: approvalOf(under) }, body }))}
          changes={[["tax-settings"]]}
          done={t("tax.set")}
          then={() => go("/portal/tax")}
        />
      </Head>
      <Card title={t("tax.seller")}>
        <div className="fields">
          {field("name", t("tax.sellerName"))}
          {field("trading_name", t("tax.tradingName"))}
          {field("lines", t("address.lines"), t("address.linesHint"))}
          {field("postal_code", t("address.postalCode"))}
          {field("city", t("address.city"))}
          {field("region", t("address.region"))}
          {field("country", t("field.countryCode"), t("customers.countryHint"))}
          {field("tax_ids", t("customers.taxIds"), t("customers.taxIdsHint"), true)}
          {field("tax_number", t("tax.number"), t("tax.numberHint"))}
          {field("registration", t("tax.register"), "HRB 12345")}
          {field("registration_scheme", t("tax.registerScheme"), "0204", true)}
          {field("contact_name", t("tax.contactName"))}
          {field("contact_email", t("tax.contactEmail"))}
          {field("contact_phone", t("tax.contactPhone"))}
          {field("account", t("tax.account"), "DE02120300000000202051", true)}
          {field("bank", t("tax.bank"), undefined, true)}
          {field("holder", t("tax.holder"))}
          {field("electronic_address", t("address.electronic"), t("address.electronicHint"), true)}
          {field("legal_note", t("tax.legalNote"), t("tax.legalNoteHint"))}
        </div>
      </Card>
      <Card title={t("tax.documents")}>
        <div className="fields">
          {field("due_days", t("customers.dueDays"), t("tax.dueDaysHint"))}
          {field("series", t("tax.series"), t("tax.seriesHint", { usual: "INV-" }), true)}
          {field("credit_note_series", t("tax.noteSeries"), t("tax.seriesHint", { usual: "CN-" }), true)}
          <Choice
            name="profile"
            label={t("tax.profile")}
            value={state.fields.profile ?? ""}
            onChange={(profile) => set((old) => ({ ...old, fields: { ...old.fields, profile } }))}
            options={[["", "–"], ...(["en16931", "xrechnung", "peppol"] as const).map((one) => [one, label(`profile_${one}`)] as const)]}
          />
          <label className="check">
            <input type="checkbox" checked={state.inclusive} onChange={(event) => set((old) => ({ ...old, inclusive: event.target.checked }))} />
            <span>{t("tax.inclusive")}</span>
          </label>
        </div>
      </Card>
      <Several title={t("tax.rates")} add={t("tax.addRate")} {...rows("rates", { country: state.fields.country ?? "", category: "standard", from: new Date().toISOString().slice(0, 10) })} columns={[["country", t("field.country"), "code"], ["category", t("taxes.category")], ["rate", t("tax.rate")], ["from", t("field.from"), "day"], ["to", t("tax.to"), "day"]]} />
      <Several title={t("tax.registrations")} about={t("tax.noRegistrationsAbout")} add={t("tax.addRegistration")} {...rows("registrations", { from: new Date().toISOString().slice(0, 10) })} columns={[["country", t("field.country"), "code"], ["tax_id", t("tax.taxId")], ["from", t("field.from"), "day"], ["to", t("tax.to"), "day"]]} />
      <Several title={t("tax.exemptions")} about={t("tax.exemptionsAbout")} add={t("tax.addExemption")} {...rows("exemptions", {})} columns={[["category", t("taxes.category")], ["reason", t("field.reason")], ["code", t("tax.code")]]} />
    </>
  );
}

interface SeveralProps {
  title: string;
  about?: string;
  add: string;
  rows: readonly Row[];
  /** Each value's name, what people call it, and what it is. */
  columns: readonly (readonly [string, string, ("code" | "day")?])[];
  put: (row: Row, name: string, value: string) => void;
  more: () => void;
  take: (row: Row) => void;
}

/** Rows of a few values, which come and go. */
function Several({ title, about, add, rows, columns, put, more, take }: SeveralProps) {
  return (
    <Card title={title}>
      {about && <p className="hint">{about}</p>}
      {rows.map((row, place) => (
        <fieldset key={row.key} className="rule-edit">
          <legend className="unseen">{`${title} ${place + 1}`}</legend>
          {columns.map(([name, text, kind]) => (
            <label key={name} className="labelled">
              <span>{text}</span>
              <input className={kind === "code" ? "input mono" : "input"} type={kind === "day" ? "date" : "text"} maxLength={kind === "code" ? 2 : undefined} value={row[name] ?? ""} onChange={(event) => put(row, name, event.target.value)} />
            </label>
          ))}
          <Button kind="quiet" aria-label={`${t("remove")}: ${title} ${place + 1}`} onPress={() => take(row)}>
            {t("remove")}
          </Button>
        </fieldset>
      ))}
      <div className="row">
        <Button onPress={more}>{add}</Button>
      </div>
    </Card>
  );
}
