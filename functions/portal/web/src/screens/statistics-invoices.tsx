import { useQuery } from "@tanstack/react-query";
import { api, must, type Schemas } from "../api";
import { Bar } from "../charts";
import { dayBound, money, number } from "../format";
import { Cut, gathered, ranked, sums } from "../gathered";
import { label, t } from "../i18n";
import { ageOf, AGES, dayOf, lastDays } from "../reckon";
import { useSettings } from "../settings";
import { Table } from "../table";
import { Card, Empty, Failed, State, Waiting } from "../ui";

type Invoice = Schemas["InvoiceSummary"];
const STATES = ["draft", "open", "paid", "void", "uncollectible"] as const;

export function InvoiceStatistics({ days: count }: { days: number }) {
  const utc = useSettings().zone === "utc";
  const from = dayBound(lastDays(count, utc)[0] ?? "", false);
  const made = useQuery({
    queryKey: ["invoices", "statistics", from],
    queryFn: () => gathered((query) => must(api.GET("/billing/v1/invoices", { params: { query: { ...query, created_from: from } } }))),
    staleTime: 60_000,
  });
  // What is owed may be older.
  const open = useQuery({
    queryKey: ["invoices", "statistics", "open"],
    queryFn: () => gathered((query) => must(api.GET("/billing/v1/invoices", { params: { query: { ...query, status: "open" } } }))),
    staleTime: 60_000,
  });
  return (
    <Card title={t("nav.invoices")}>
      {made.isPending || open.isPending ? (
        <Waiting />
      ) : made.isError || open.isError ? (
        <Failed error={made.error ?? open.error} retry={() => void Promise.all([made.refetch(), open.refetch()])} />
      ) : made.data.rows.length === 0 && open.data.rows.length === 0 ? (
        <Empty title={t("stats.noInvoices")} text={t("stats.noInvoicesAbout")} />
      ) : (
        <>
          <Cut of={[made.data, open.data]} />
          <div className="cards two">
            <States of={made.data.rows} />
            <Ages of={open.data.rows} />
          </div>
        </>
      )}
    </Card>
  );
}

function States({ of: invoices }: { of: readonly Invoice[] }) {
  const counts = sums(invoices, (i) => i.status);
  const most = Math.max(...counts.values(), 0);
  return (
    <div>
      <h3>{t("stats.byState")}</h3>
      <Table
        caption={t("stats.byState")}
        rows={STATES}
        cells={[
          { label: t("field.status"), cell: (state) => <State value={state} /> },
          { label: t("stats.share"), cell: (state) => <Bar value={counts.get(state) ?? 0} most={most} /> },
          { label: t("nav.invoices"), numeric: true, cell: (state) => number(counts.get(state) ?? 0) },
        ]}
      />
    </div>
  );
}

/** What is owed, by how long it has been due, in each currency. */
function Ages({ of: invoices }: { of: readonly Invoice[] }) {
  const today = dayOf(Date.now(), true);
  const currencies = ranked(sums(invoices, (i) => i.currency));
  return (
    <div>
      <h3>{t("stats.byAge")}</h3>
      {currencies.length === 0 && <p className="hint">{t("home.noInvoicesAbout")}</p>}
      {currencies.map((currency) => {
        const due = sums(
          invoices.filter((i) => i.currency === currency),
          (i) => ageOf(i.due_on, today),
          (i) => i.amount_due,
        );
        const most = Math.max(...due.values(), 0);
        return (
          <Table
            key={currency}
            caption={`${t("stats.byAge")}: ${currency}`}
            rows={AGES}
            cells={[
              { label: currency, cell: (age) => <span className="nowrap">{label(`age_${age}`)}</span> },
              { label: t("stats.share"), cell: (age) => <Bar value={due.get(age) ?? 0} most={most} tone={age === "none" ? "accent" : age === "30" ? "wait" : "bad"} /> },
              { label: t("invoices.due"), numeric: true, cell: (age) => money(due.get(age) ?? 0, currency) },
            ]}
          />
        );
      })}
    </div>
  );
}
