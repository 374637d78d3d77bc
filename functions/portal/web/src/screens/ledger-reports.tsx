// What accounts moved in a month: revenue by product, tax by jurisdiction, fees by connection.

import { useSearchParams } from "wouter";
import { isMonth, lastMonth, side } from "../accounts";
import { api, must, type Schemas } from "../api";
import { textOf, wrongField } from "../form";
import { decimal, exponent, money } from "../format";
import { label, t } from "../i18n";
import { type List, Rows } from "../list";
import { Steps } from "../signin";
import { Choice, Field, Head } from "../ui";

type Report = Schemas["LedgerReport"];
const REPORTS: readonly Report[] = ["revenue", "deferred_revenue", "tax", "fees"];
const amount = (minor: number, currency: string): string => decimal(minor, exponent(currency));

const linesOf = (report: Report, month: string): List<Schemas["ReportLine"]> => ({
  id: `report-${report}-${month}`,
  title: "nav.reports",
  load: (query) => must(api.GET("/ledger/v1/reports/{report}", { params: { path: { report }, query: { ...query, month } } as never })),
  key: (l) => `${l.of} ${l.currency}`,
  columns: [
    { id: "of", label: "ledger.of", text: (l) => l.of, cell: (l) => <code>{l.of}</code>, sort: (l) => l.of },
    { id: "currency", label: "field.currency", text: (l) => l.currency, sort: (l) => l.currency },
    { id: "debit", label: "ledger.debit", text: (l) => amount(l.debit, l.currency), cell: (l) => money(l.debit, l.currency), sort: (l) => l.debit, numeric: true },
    { id: "credit", label: "ledger.credit", text: (l) => amount(l.credit, l.currency), cell: (l) => money(l.credit, l.currency), sort: (l) => l.credit, numeric: true },
    { id: "balance", label: "ledger.balance", text: (l) => amount(l.balance, l.currency), cell: (l) => side(l.balance, l.currency), sort: (l) => l.balance, numeric: true },
  ],
  emptyTitle: "reports.empty",
  emptyText: "reports.emptyAbout",
});

export default function LedgerReports() {
  const [search, change] = useSearchParams();
  const said = search.get("report");
  const report = REPORTS.find((one) => one === said) ?? "revenue";
  const asked = search.get("month") ?? "";
  // This month, so that what has just been booked is there.
  const month = isMonth(asked) ? asked : new Date().toISOString().slice(0, 7);
  return (
    <>
      <Head title={t("nav.reports")} about={t("reports.about")} />
      <section className="find" aria-label={t("reports.which")}>
        <Steps
          key={`${report} ${month}`}
          label={t("keys.show")}
          submit={async (data) => {
            const text = textOf(data, "month");
            if (!isMonth(text)) throw wrongField("month", t("wrong.month"));
            change({ report: textOf(data, "report"), month: text });
          }}
        >
          <Choice name="report" label={t("reports.which")} initial={report} options={REPORTS.map((one) => [one, label(`report_${one}`)] as const)} />
          <Field name="month" label={t("field.month")} hint={t("reports.monthHint", { last: lastMonth() })} type="month" initial={month} required />
        </Steps>
      </section>
      <Rows key={`${report} ${month}`} list={linesOf(report, month)} />
    </>
  );
}
