import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api, must } from "../api";
import { useMay } from "../client";
import { Action, maybe, textOf } from "../form";
import { time } from "../format";
import { t } from "../i18n";
import { Rows } from "../list";
import { Card, Facts, Failed, Head, Id, Waiting } from "../ui";
import { Billed } from "./billed";
import { CustomerFields } from "./customers";
import { invoices, paymentMethods, payments } from "./lists";
import { PrivacyRequestAction } from "./privacy";
import { ofCustomer } from "./subscription-list";
import { NewSubscription } from "./subscription-new";
import { Wallet } from "./wallet";

export default function Customer({ id }: { id: string }) {
  const may = useMay();
  const [, go] = useLocation();
  const read = useQuery({ queryKey: ["customers", id], queryFn: () => must(api.GET("/billing/v1/customers/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const c = read.data;
  const without = <Row extends { id: string }>(columns: readonly Row[]): Row[] => columns.filter((one) => one.id !== "customer");
  return (
    <>
      <Head title={c.name} about={<Id value={c.id} />}>
        <Action
          label={t("edit")}
          confirm={t("save")}
          title={t("customers.edit")}
          right="customer.write"
          values={(data) => ({ name: textOf(data, "name"), email: textOf(data, "email"), reference: maybe(data, "reference") ?? null, country: maybe(data, "country")?.toUpperCase() ?? null })}
          send={(body) => must(api.PATCH("/billing/v1/customers/{id}", { params: { path: { id } }, body }))}
          changes={[["customers"]]}
          done={t("customers.changed")}
        >
          <CustomerFields of={c} />
        </Action>
        <PrivacyRequestAction customer={id} then={() => go("/portal/privacy")} />
      </Head>
      <div className="cards two">
      <Card title={t("customers.data")}>
        <Facts
          items={[
            [t("field.email"), c.email],
            [t("field.reference"), c.reference],
            [t("field.country"), c.country],
            [t("field.created"), time(c.created_at)],
            [t("field.method"), c.default_payment_method ? <Id key="m" value={c.default_payment_method} /> : null],
            ...Object.entries(c.metadata ?? {}).map(([name, value]) => [name, String(value)] as const),
          ]}
        />
      </Card>
      <Billed of={c} />
      </div>
      {may("credit.read") && <Wallet customer={id} />}
      {may("subscription.read") && (
        <Card title={t("nav.subscriptions")} actions={<NewSubscription customer={id} />}>
          <Rows compact list={ofCustomer} fixed={{ customer: id }} />
        </Card>
      )}
      {may("payment.read") && (
        <Card title={t("nav.payments")}>
          <Rows compact list={{ ...payments, columns: without(payments.columns) }} fixed={{ customer: id }} />
        </Card>
      )}
      {may("invoice.read") && (
        <Card title={t("nav.invoices")}>
          <Rows compact list={{ ...invoices, columns: without(invoices.columns) }} fixed={{ customer: id }} />
        </Card>
      )}
      {may("vault.read") && (
        <Card title={t("methods.title")}>
          <Rows compact list={paymentMethods} fixed={{ customer: id }} />
        </Card>
      )}
    </>
  );
}

