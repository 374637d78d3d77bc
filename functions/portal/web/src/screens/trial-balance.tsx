// All accounts by their kinds, and that they are zero together: now, as of a time or up to a month; and the closing of a month.

import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "wouter";
import { isMonth, lastMonth, side } from "../accounts";
import { api, heads, must, type Schemas } from "../api";
import { Action, textOf, wrongField } from "../form";
import { money, number, time } from "../format";
import { label, t } from "../i18n";
import { Steps } from "../signin";
import { Table } from "../table";
import { Card, Empty, Facts, Failed, Field, Head, Id, State, Waiting } from "../ui";

export default function TrialBalance() {
  const [search, change] = useSearchParams();
  const month = search.get("month") ?? "";
  const read = useQuery({ queryKey: ["trial-balance", month], queryFn: () => must(api.GET("/ledger/v1/trial-balance", { params: { query: month ? { month } : {} } })) });
  return (
    <>
      <Head title={t("nav.trialBalance")} about={t("trial.about")}>
        <CloseMonth />
      </Head>
      <section className="find" aria-label={t("field.month")}>
        <Steps
          key={month}
          label={t("keys.show")}
          submit={async (data) => {
            const text = textOf(data, "month");
            if (text && !isMonth(text)) throw wrongField("month", t("wrong.month"));
            change(text ? { month: text } : {});
          }}
        >
          <Field name="month" label={t("trial.upTo")} hint={t("trial.upToHint")} type="month" initial={month} />
        </Steps>
      </section>
      {read.isPending ? <Waiting /> : read.isError ? <Failed error={read.error} retry={() => void read.refetch()} /> : <Balance of={read.data} />}
    </>
  );
}

function Balance({ of: { accounts, point, proof, since } }: { of: Schemas["TrialBalance"] }) {
  if (accounts.length === 0) return <Empty title={t("ledger.empty")} text={t("ledger.emptyAbout")} />;
  return (
    <>
      <Card title={t("trial.proof")}>
        <Table
          caption={t("trial.proof")}
          rows={proof}
          cells={[
            { label: t("field.currency"), cell: (p) => p.currency },
            { label: t("ledger.debit"), numeric: true, cell: (p) => money(p.debit, p.currency) },
            { label: t("ledger.credit"), numeric: true, cell: (p) => money(p.credit, p.currency) },
            {
              label: t("trial.difference"),
              numeric: true,
              cell: (p) => (
                <>
                  {money(p.difference, p.currency)} <State value={p.difference === 0 ? "balanced" : "unbalanced"} />
                </>
              ),
            },
          ]}
        />
      </Card>
      <Card title={t("nav.ledger")}>
        <Table
          caption={t("nav.ledger")}
          rows={accounts}
          cells={[
            { label: t("ledger.account"), cell: (a) => <Link href={`/portal/ledger?type=${a.type}`}>{label(a.type)}</Link> },
            { label: t("field.currency"), cell: (a) => a.currency },
            { label: t("ledger.debit"), numeric: true, cell: (a) => money(a.debit, a.currency) },
            { label: t("ledger.credit"), numeric: true, cell: (a) => money(a.credit, a.currency) },
            { label: t("ledger.balance"), numeric: true, cell: (a) => side(a.balance, a.currency) },
          ]}
        />
      </Card>
      <Card title={t("trial.point")}>
        <Facts
          items={[
            [t("trial.entries"), number(point.number)],
            [t("trial.since"), number(since)],
            [t("trial.complete"), t(point.complete ? "yes" : "trial.incomplete")],
            [t("field.at"), time(point.at)],
            [t("trial.chain"), point.chain ? <Id key="c" value={point.chain} /> : null],
          ]}
        />
      </Card>
    </>
  );
}

function CloseMonth() {
  return (
    <Action
      label={t("trial.close")}
      about={t("trial.closeAbout")}
      right="ledger.close"
      kind="danger"
      values={(data) => {
        const month = textOf(data, "month");
        if (!isMonth(month)) throw wrongField("month", t("wrong.month"));
        return { month };
      }}
      send={({ month }, under) => must(api.POST("/ledger/v1/periods/{month}/close", { params: { path: { month }, header: heads(under) }, body: {} }))}
      changes={[["trial-balance"]]}
      done={t("trial.closed")}
    >
      <Field name="month" label={t("field.month")} hint={t("trial.monthHint")} type="month" initial={lastMonth()} required autoFocus />
    </Action>
  );
}
