// What credit a customer has: what is left of each grant, and how it came and went.

import { useQuery } from "@tanstack/react-query";
import { Of } from "../accounts";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { minor, money, number, time } from "../format";
import { label, t } from "../i18n";
import { Table } from "../table";
import { Card, Empty, Facts, Failed, Field, Waiting } from "../ui";

function amountOf(data: FormData, name: string, currency: string): number {
  const amount = minor(textOf(data, name), currency);
  if (amount === undefined) throw wrongField(name, t("wrong.amount", { currency }));
  return amount;
}

function grantOf(data: FormData): Schemas["CreateWalletGrantRequest"] {
  const currency = textOf(data, "currency").toUpperCase();
  const [cost, until, priority] = [maybe(data, "cost"), maybe(data, "expires_at"), maybe(data, "priority")];
  if (priority && !/^\d{1,5}$/.test(priority)) throw wrongField("priority", t("wrong.number"));
  return {
    currency: currency as Schemas["Currency"],
    amount: amountOf(data, "amount", currency),
    ...(cost ? { cost: amountOf(data, "cost", currency) } : {}),
    ...(until ? { expires_at: new Date(until).toISOString() } : {}),
    ...(priority ? { priority: Number(priority) } : {}),
  };
}

export function Wallet({ customer }: { customer: string }) {
  const path = { id: customer };
  const read = useQuery({ queryKey: ["wallets", customer], queryFn: () => must(api.GET("/billing/v1/customers/{id}/wallet", { params: { path } })) });
  const grant = (
    <Action
      label={t("wallet.grant")}
      about={t("wallet.grantAbout")}
      right="credit.write"
      values={grantOf}
      send={(body, under) => must(api.POST("/billing/v1/customers/{id}/wallet-grants", { params: { path, header: heads(under) }, body }))}
      changes={[["wallets"]]}
      done={t("wallet.granted")}
    >
      <Field name="amount" label={t("field.amount")} required autoFocus inputMode="decimal" />
      <Field name="currency" label={t("field.currency")} initial="EUR" required maxLength={3} mono />
      <Field name="cost" label={t("wallet.cost")} hint={t("wallet.costHint")} inputMode="decimal" />
      <Field name="expires_at" label={t("field.expires")} hint={t("riskLists.untilHint")} type="datetime-local" />
      <Field name="priority" label={t("wallet.priority")} hint={t("wallet.priorityHint")} inputMode="numeric" />
    </Action>
  );
  return (
    <Card title={t("wallet.title")} actions={grant}>
      {read.isPending ? <Waiting /> : read.isError ? <Failed error={read.error} retry={() => void read.refetch()} /> : <Contents of={read.data} />}
    </Card>
  );
}

function Contents({ of: { balances, grants, movements } }: { of: Schemas["Wallet"] }) {
  if (balances.length === 0 && grants.length === 0 && movements.length === 0) return <Empty title={t("wallet.empty")} text={t("wallet.emptyAbout")} />;
  return (
    <>
      <Facts items={balances.map((b) => [t("wallet.balance", { currency: b.currency }), <strong key="b">{money(b.amount, b.currency)}</strong>] as const)} />
      {grants.length > 0 && (
        <>
          <h3>{t("wallet.grants")}</h3>
          <Table
            caption={t("wallet.grants")}
            rows={grants}
            cells={[
              { label: t("field.created"), cell: (g) => time(g.created_at) },
              { label: t("field.expires"), cell: (g) => (g.expires_at ? time(g.expires_at) : t("riskLists.forGood")) },
              { label: t("wallet.priority"), numeric: true, cell: (g) => number(g.priority) },
              { label: t("wallet.cost"), numeric: true, cell: (g) => money(g.cost, g.currency) },
              { label: t("field.amount"), numeric: true, cell: (g) => money(g.amount, g.currency) },
              { label: t("wallet.left"), numeric: true, cell: (g) => money(g.left, g.currency) },
            ]}
          />
        </>
      )}
      {movements.length > 0 && (
        <>
          <h3>{t("wallet.movements")}</h3>
          <Table
            caption={t("wallet.movements")}
            rows={movements}
            cells={[
              { label: t("field.at"), cell: (m) => time(m.created_at) },
              { label: t("field.type"), cell: (m) => label(`wallet_${m.kind}`) },
              { label: t("wallet.of"), cell: (m) => <Of id={m.of} /> },
              { label: t("field.amount"), numeric: true, cell: (m) => money(m.amount, m.currency) },
            ]}
          />
        </>
      )}
    </>
  );
}
