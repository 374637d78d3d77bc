import { useQuery } from "@tanstack/react-query";
import { api, must } from "../api";
import { Bar } from "../charts";
import { useMay } from "../client";
import { money, number } from "../format";
import { Cut, gathered, ranked, sums } from "../gathered";
import { t } from "../i18n";
import { monthly, rounded } from "../reckon";
import { Table } from "../table";
import { Card, Empty, Failed, State, Waiting } from "../ui";
import { type Sold, useSold } from "./prices";
import type { Subscription } from "./subscription-list";

const STATES = ["active", "trialing", "canceled"] as const;

export function SubscriptionStatistics() {
  const may = useMay();
  const sold = useSold();
  const read = useQuery({
    queryKey: ["subscriptions", "statistics"],
    queryFn: () => gathered((query) => must(api.GET("/billing/v1/subscriptions", { params: { query } }))),
    staleTime: 60_000,
  });
  return (
    <Card title={t("nav.subscriptions")}>
      {read.isPending ? (
        <Waiting />
      ) : read.isError ? (
        <Failed error={read.error} retry={() => void read.refetch()} />
      ) : read.data.rows.length === 0 ? (
        <Empty title={t("subscriptions.empty")} text={t("stats.noSubscriptionsAbout")} />
      ) : (
        <>
          <Cut of={[read.data]} />
          <div className="cards two">
            <States of={read.data.rows} />
            {may("catalog.read") ? <Revenue of={read.data.rows.filter((s) => s.status === "active")} sold={sold} /> : <p className="hint">{t("stats.noCatalogue")}</p>}
          </div>
        </>
      )}
    </Card>
  );
}

function States({ of }: { of: readonly Subscription[] }) {
  const counts = sums(of, (s) => s.status);
  const most = Math.max(...counts.values(), 0);
  const ending = of.filter((s) => s.ends_with_period && s.status !== "canceled").length;
  return (
    <div>
      <h3>{t("stats.byState")}</h3>
      <Table
        caption={t("stats.subscriptionsByState")}
        rows={STATES}
        cells={[
          { label: t("field.status"), cell: (state) => <State value={state} /> },
          { label: t("stats.share"), cell: (state) => <Bar value={counts.get(state) ?? 0} most={most} /> },
          { label: t("nav.subscriptions"), numeric: true, cell: (state) => number(counts.get(state) ?? 0) },
        ]}
      />
      {ending > 0 && <p className="hint">{t("stats.ending", { count: number(ending) })}</p>}
    </div>
  );
}

/** What active subscriptions bring in a month, by currency. */
function Revenue({ of, sold }: { of: readonly Subscription[]; sold: Sold }) {
  const values = new Map<string, bigint>();
  let unknown = 0;
  for (const { items, currency } of of)
    for (const { price, quantity } of items) {
      const found = sold.price(price);
      const value = found && monthly(found, quantity);
      if (value === undefined) unknown += 1;
      else values.set(currency, (values.get(currency) ?? 0n) + value);
    }
  const counts = sums(of, (s) => s.currency);
  return (
    <div>
      <h3>{t("stats.monthly")}</h3>
      {!sold.known ? (
        <Waiting />
      ) : (
        <Table
          caption={t("stats.monthly")}
          rows={ranked(counts)}
          cells={[
            { label: t("field.currency"), cell: (currency) => currency },
            { label: t("stats.active"), numeric: true, cell: (currency) => number(counts.get(currency) ?? 0) },
            { label: t("stats.monthlyOf"), numeric: true, cell: (currency) => money(rounded(values.get(currency) ?? 0n), currency) },
          ]}
        />
      )}
      <p className="hint">{t("stats.monthlyAbout")}</p>
      {sold.known && unknown > 0 && <p className="warning">{t("stats.unknown", { count: number(unknown) })}</p>}
    </div>
  );
}
