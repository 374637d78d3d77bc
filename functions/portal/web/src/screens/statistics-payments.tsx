import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, must, type Schemas } from "../api";
import { Columns, type Series } from "../charts";
import { dayBound, money, number, shortDay } from "../format";
import { Cut, gathered, ranked, sums } from "../gathered";
import { t } from "../i18n";
import { dayOf, lastDays } from "../reckon";
import { useSettings } from "../settings";
import { Table } from "../table";
import { Card, Choice, Empty, Facts, Failed, Waiting } from "../ui";

type Payment = Schemas["Payment"];
const OUTCOMES = ["captured", "declined", "open", "gone"] as const;
type Outcome = (typeof OUTCOMES)[number];
const TONES: Record<Outcome, Series["tone"]> = { captured: "good", declined: "bad", open: "wait", gone: "even" };
const OF: Record<string, Outcome> = { captured: "captured", partially_captured: "captured", declined: "declined", canceled: "gone", expired: "gone" };
/** What a payment has come to; what is not known yet is open. */
const outcome = (p: Payment): Outcome => OF[p.status] ?? "open";

export function PaymentStatistics({ days: count }: { days: number }) {
  const utc = useSettings().zone === "utc";
  const days = lastDays(count, utc);
  const from = dayBound(days[0] ?? "", false);
  const read = useQuery({
    queryKey: ["payments", "statistics", from],
    queryFn: () => gathered((query) => must(api.GET("/payments/v1/payments", { params: { query: { ...query, created_from: from } } }))),
    staleTime: 60_000,
  });
  return (
    <Card title={t("stats.payments")}>
      {read.isPending ? (
        <Waiting />
      ) : read.isError ? (
        <Failed error={read.error} retry={() => void read.refetch()} />
      ) : read.data.rows.length === 0 ? (
        <Empty title={t("stats.noPayments")} text={t("stats.noPaymentsAbout")} />
      ) : (
        <>
          <Cut of={[read.data]} />
          <Days of={read.data.rows} days={days} utc={utc} />
        </>
      )}
    </Card>
  );
}

function Days({ of: payments, days, utc }: { of: readonly Payment[]; days: readonly string[]; utc: boolean }) {
  const currencies = ranked(sums(payments, (p) => p.currency));
  const [chosen, choose] = useState<string>();
  const currency = currencies.find((one) => one === chosen) ?? currencies[0] ?? "EUR";
  const counts = sums(payments, (p) => `${dayOf(p.created_at, utc)} ${outcome(p)}`);
  const amounts = sums(
    payments.filter((p) => p.currency === currency),
    (p) => dayOf(p.created_at, utc),
    (p) => p.captured,
  );
  const told = (day: string, one: Outcome): number => counts.get(`${day} ${one}`) ?? 0;
  const captured = (day: string): number => amounts.get(day) ?? 0;
  const shown = (amount: number): string => money(amount, currency);
  const decided = payments.filter((p) => ["captured", "declined"].includes(outcome(p)));
  const share = decided.length > 0 ? decided.filter((p) => outcome(p) === "declined").length / decided.length : 0;
  const there = [...days].reverse().filter((day) => OUTCOMES.some((one) => told(day, one) > 0));
  return (
    <>
      <div className="row spread">
        <Facts
          items={[
            [t("nav.payments"), number(payments.length)],
            [t("stats.declineRate"), percent(share)],
            [t("stats.captured"), shown(days.reduce((sum, day) => sum + captured(day), 0))],
          ]}
        />
        {currencies.length > 1 && <Choice name="currency" label={t("field.currency")} value={currency} onChange={choose} options={currencies.map((one) => [one, one] as const)} />}
      </div>
      <div className="charts">
        <div>
          <Columns title={t("stats.byOutcome")} labels={days.map(shortDay)} show={number} series={OUTCOMES.map((one) => ({ name: t(`stats.${one}`), tone: TONES[one], values: days.map((day) => told(day, one)) }))} />
          <Columns title={t("stats.amountIn", { currency })} labels={days.map(shortDay)} show={shown} series={[{ name: t("stats.captured"), tone: "accent", values: days.map(captured) }]} />
        </div>
        <div className="tall" tabIndex={0} role="group" aria-label={t("stats.numbers", { what: t("stats.payments") })}>
          <Table
            caption={t("stats.payments")}
            rows={there}
            cells={[
              { label: t("stats.day"), cell: (day) => <span className="nowrap">{shortDay(day)}</span> },
              ...OUTCOMES.map((one) => ({ label: t(`stats.${one}`), numeric: true, cell: (day: string) => number(told(day, one)) })),
              { label: t("stats.amountIn", { currency }), numeric: true, cell: (day) => shown(captured(day)) },
            ]}
          />
        </div>
      </div>
    </>
  );
}

const percent = (share: number): string => `${number(Math.round(share * 1000) / 10)} %`;
