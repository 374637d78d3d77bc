// Statistics: payments a day, invoices by state and age, subscriptions and what they bring in a month. They are reckoned here from what
// the lists of the API say, within bounds that the page tells.

import { useSearchParams } from "wouter";
import { useMay } from "../client";
import { number } from "../format";
import { t } from "../i18n";
import { Choice, Head } from "../ui";
import { InvoiceStatistics } from "./statistics-invoices";
import { PaymentStatistics } from "./statistics-payments";
import { SubscriptionStatistics } from "./statistics-subscriptions";

const PERIODS = [7, 14, 30, 90] as const;

export default function Statistics() {
  const may = useMay();
  const [search, change] = useSearchParams();
  const days = PERIODS.find((one) => String(one) === search.get("days")) ?? 30;
  return (
    <>
      <Head title={t("nav.statistics")} about={t("stats.about")} />
      <div className="period">
        <Choice name="days" label={t("stats.period")} value={String(days)} onChange={(value) => change({ days: value }, { replace: true })} options={PERIODS.map((one) => [String(one), t("stats.days", { days: number(one) })] as const)} />
      </div>
      {may("payment.read") && <PaymentStatistics days={days} />}
      {may("invoice.read") && <InvoiceStatistics days={days} />}
      {may("subscription.read") && <SubscriptionStatistics />}
    </>
  );
}
