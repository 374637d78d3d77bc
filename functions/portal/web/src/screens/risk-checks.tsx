// Checks: one is opened by its id, or made without a payment.

import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { Of } from "../accounts";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { minor, money, time } from "../format";
import { t } from "../i18n";
import { Outcome, Reasons, ruled } from "../risk";
import { Steps } from "../signin";
import { Card, Facts, Failed, Field, Head, Id, Waiting } from "../ui";

export default function RiskChecks() {
  const [, go] = useLocation();
  return (
    <>
      <Head title={t("nav.riskChecks")} about={t("checks.about")}>
        <Action
          label={t("checks.create")}
          about={t("checks.createAbout")}
          right="risk.check"
          kind="primary"
          values={(data): Schemas["CreateCheckRequest"] => {
            const currency = textOf(data, "currency").toUpperCase();
            const amount = minor(textOf(data, "amount"), currency);
            if (!amount) throw wrongField("amount", t("wrong.amount", { currency }));
            return { customer: textOf(data, "customer"), payment_method: maybe(data, "payment_method"), amount, currency: currency as Schemas["Currency"] };
          }}
          send={(body, under) => must(api.POST("/risk/v1/checks", { params: { header: heads(under) }, body }))}
          changes={[]}
          done={t("checks.created")}
          then={(made: Schemas["RiskCheck"]) => go(`/portal/risk-checks/${made.id}`)}
        >
          <Field name="customer" label={t("field.customer")} hint="cus_…" required autoFocus mono />
          <Field name="payment_method" label={t("field.method")} hint={t("checks.methodHint")} mono />
          <Field name="amount" label={t("field.amount")} required inputMode="decimal" />
          <Field name="currency" label={t("field.currency")} initial="EUR" required maxLength={3} mono />
        </Action>
      </Head>
      <section className="find" aria-label={t("checks.open")}>
        <Steps label={t("keys.show")} submit={async (data) => go(`/portal/risk-checks/${encodeURIComponent(textOf(data, "id"))}`)}>
          <Field name="id" label={t("checks.open")} hint={t("checks.openHint")} required mono />
        </Steps>
      </section>
    </>
  );
}

export function Check({ id }: { id: string }) {
  const read = useQuery({ queryKey: ["risk-checks", id], queryFn: () => must(api.GET("/risk/v1/checks/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError)
    return (
      <>
        <Head title={t("nav.riskChecks")} about={<Id value={id} />} />
        <Failed error={read.error} retry={() => void read.refetch()} />
      </>
    );
  const c = read.data;
  return (
    <>
      <Head
        title={
          <>
            {money(c.amount, c.currency)} <Outcome of={c.outcome} />
          </>
        }
        about={<Id value={c.id} />}
      />
      <Card title={t("invoices.about1")}>
        <Facts
          items={[
            [t("field.score"), `${c.score} / 100`],
            [t("checks.rules"), ruled(c.version)],
            [t("field.customer"), <Of key="c" id={c.customer} />],
            [t("field.method"), c.payment_method ? <Id key="m" value={c.payment_method} /> : null],
            [t("field.created"), time(c.created_at)],
          ]}
        />
      </Card>
      <Card title={t("checks.reasons")}>
        <Reasons of={c.reasons} />
      </Card>
    </>
  );
}
