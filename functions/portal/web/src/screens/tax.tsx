// What invoices are taxed by: who sells, where they are registered, rates with their days, what is exempt.

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, must, Refused, type Schemas } from "../api";
import { useMay } from "../client";
import { number, time } from "../format";
import { label, t } from "../i18n";
import { Table } from "../table";
import { Card, Empty, Facts, Failed, Head, State, Waiting } from "../ui";
import { addressLine } from "./billed";

export type Settings = Schemas["TaxSettingsValues"];

/** The settings in force; nothing where none has been set. */
export const useTaxSettings = () =>
  useQuery({
    queryKey: ["tax-settings"],
    queryFn: async (): Promise<Schemas["TaxSettings"] | null> => {
      try {
        return await must(api.GET("/billing/v1/tax-settings"));
      } catch (error) {
        // The platform answers so where none has been set: there is no error in it.
        if (error instanceof Refused && error.problem.code === "not_found") return null;
        throw error;
      }
    },
  });

/** The days that something counts. */
export const days = (from: string, to: string | null | undefined): string => (to ? t("tax.fromTo", { from, to }) : t("tax.since", { from }));
/** Whether it counts on a day. */
const counts = (from: string, to: string | null | undefined, on: string): boolean => from <= on && (!to || on <= to);

export default function Tax() {
  const may = useMay();
  const read = useTaxSettings();
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const set = read.data;
  return (
    <>
      <Head title={t("nav.tax")} about={t("tax.about")}>
        {may("tax.write") && (
          <Link className="button primary" href="/portal/tax/edit">
            {t(set ? "edit" : "tax.setUp")}
          </Link>
        )}
      </Head>
      {set ? <Shown of={set} /> : <Empty title={t("tax.empty")} text={t("tax.emptyAbout")} />}
    </>
  );
}

function Shown({ of: { settings: s, version, updated_at } }: { of: Schemas["TaxSettings"] }) {
  const today = new Date().toISOString().slice(0, 10);
  const { seller } = s;
  return (
    <>
      <div className="cards two">
        <Card title={t("tax.seller")}>
          <Facts
            items={[
              [t("field.name"), seller.trading_name ? `${seller.name} (${seller.trading_name})` : seller.name],
              [t("address.title"), addressLine(seller.address)],
              [t("field.country"), seller.country],
              [t("customers.taxIds"), (seller.tax_ids ?? []).join(", ")],
              [t("tax.number"), seller.tax_number],
              [t("tax.register"), seller.registration?.value],
              [t("tax.contact"), [seller.contact?.name, seller.contact?.email, seller.contact?.phone].filter(Boolean).join(", ")],
              [t("tax.account"), [seller.account?.account, seller.account?.bank].filter(Boolean).join(", ")],
              [t("address.electronic"), seller.electronic_address ? `${seller.electronic_address.scheme}:${seller.electronic_address.value}` : null],
              [t("tax.legalNote"), seller.legal_note],
            ]}
          />
        </Card>
        <Card title={t("tax.documents")}>
          <Facts
            items={[
              [t("field.version"), number(version)],
              [t("field.changed"), time(updated_at)],
              [t("tax.inclusive"), t(s.inclusive ? "yes" : "no")],
              [t("customers.dueDays"), s.due_days == null ? null : number(s.due_days)],
              [t("tax.series"), s.series ?? "INV-"],
              [t("tax.noteSeries"), s.credit_note_series ?? "CN-"],
              [t("tax.profile"), label(`profile_${s.profile ?? "en16931"}`)],
            ]}
          />
        </Card>
      </div>
      <Card title={t("tax.rates")}>
        {(s.rates ?? []).length === 0 ? (
          <Empty title={t("tax.noRates")} text={t("tax.noRatesAbout")} />
        ) : (
          <Table
            caption={t("tax.rates")}
            rows={s.rates ?? []}
            cells={[
              { label: t("field.country"), cell: (r) => r.country },
              { label: t("taxes.category"), cell: (r) => label(r.category) },
              { label: t("tax.days"), cell: (r) => days(r.from, r.to) },
              { label: t("field.status"), cell: (r) => <State value={counts(r.from, r.to, today) ? "current" : r.from > today ? "to_come" : "past"} /> },
              { label: t("tax.rate"), numeric: true, cell: (r) => `${r.rate} %` },
            ]}
          />
        )}
      </Card>
      <div className="cards two">
        <Card title={t("tax.registrations")}>
          {(s.registrations ?? []).length === 0 ? (
            <Empty title={t("tax.noRegistrations")} text={t("tax.noRegistrationsAbout")} />
          ) : (
            <Table
              caption={t("tax.registrations")}
              rows={s.registrations ?? []}
              cells={[
                { label: t("field.country"), cell: (r) => r.country },
                { label: t("tax.taxId"), cell: (r) => r.tax_id && <code>{r.tax_id}</code> },
                { label: t("tax.days"), cell: (r) => days(r.from, r.to) },
              ]}
            />
          )}
        </Card>
        <Card title={t("tax.exemptions")}>
          {(s.exemptions ?? []).length === 0 ? (
            <Empty title={t("tax.noExemptions")} text={t("tax.noExemptionsAbout")} />
          ) : (
            <Table
              caption={t("tax.exemptions")}
              rows={s.exemptions ?? []}
              cells={[
                { label: t("taxes.category"), cell: (e) => (e.category ? label(e.category) : t("tax.all")) },
                { label: t("field.reason"), cell: (e) => e.reason },
                { label: t("tax.code"), cell: (e) => e.code && <code>{e.code}</code> },
              ]}
            />
          )}
        </Card>
      </div>
    </>
  );
}
