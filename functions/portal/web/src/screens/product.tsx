import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { time, unitMoney } from "../format";
import { label, t } from "../i18n";
import { type List, Rows } from "../list";
import { Card, Choice, Facts, Failed, Field, Head, Id, State, Waiting } from "../ui";
import { every } from "./prices";
import { ProductFields } from "./products";

type Price = Schemas["Price"];
const SCHEMES: readonly Schemas["BillingScheme"][] = ["flat", "per_unit"];
const INTERVALS: readonly Schemas["BillingInterval"][] = ["day", "week", "month", "quarter", "half_year", "year"];

const pricesOf = (product: string): List<Price> => {
  const changes = [[`prices-of-${product}`]];
  return {
    id: `prices-of-${product}`,
    title: "products.prices",
    load: (query) => must(api.GET("/billing/v1/prices", { params: { query: { ...query, product } } as never })),
    key: (p) => p.id,
    columns: [
      { id: "id", label: "field.id", text: (p) => p.id, cell: (p) => <Id value={p.id} /> },
      { id: "kind", label: "field.type", text: (p) => p.kind, cell: (p) => (p.interval ? every(p.interval, p.interval_count) : label(p.kind)) },
      { id: "scheme", label: "products.scheme", text: (p) => p.billing_scheme, cell: (p) => label(p.billing_scheme) },
      { id: "status", label: "field.status", text: (p) => (p.archived_at ? "archived" : "active"), cell: (p) => <State value={p.archived_at ? "archived" : "active"} /> },
      { id: "amount", label: "field.unit", text: (p) => `${p.unit_amount} ${p.currency}`, cell: (p) => unitMoney(p.unit_amount, p.currency), numeric: true },
    ],
    emptyTitle: "products.noPrices",
    emptyText: "products.noPricesAbout",
    row: (p) => (
      <Action
        label={t(p.archived_at ? "products.restore" : "products.archive")}
        about={t(p.archived_at ? "products.restorePrice" : "products.archivePrice")}
        right="catalog.write"
        values={() => ({ archived: !p.archived_at })}
        send={(body) => must(api.PATCH("/billing/v1/prices/{id}", { params: { path: { id: p.id } }, body }))}
        changes={changes}
        done={t("products.priceChanged")}
      />
    ),
  };
};

function PriceFields({ wrong }: { wrong: Record<string, string> }) {
  const [kind, choose] = useState<string>("one_off");
  return (
    <>
      <Field name="unit_amount" label={t("products.amount")} hint={t("products.amountHint")} required autoFocus inputMode="decimal" />
      <Field name="currency" label={t("field.currency")} initial="EUR" required maxLength={3} mono />
      <Choice name="billing_scheme" label={t("products.scheme")} wrong={wrong.billing_scheme} options={SCHEMES.map((s) => [s, label(s)] as const)} />
      <Choice name="kind" label={t("field.type")} value={kind} onChange={choose} options={(["one_off", "recurring"] as const).map((k) => [k, label(k)] as const)} />
      {kind === "recurring" && <Choice name="interval" label={t("products.interval")} initial="month" wrong={wrong.interval} options={INTERVALS.map((i) => [i, label(i)] as const)} />}
    </>
  );
}

export default function Product({ id }: { id: string }) {
  const read = useQuery({ queryKey: ["products", id], queryFn: () => must(api.GET("/billing/v1/products/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const p = read.data;
  const patch = (body: Schemas["UpdateProductRequest"]) => must(api.PATCH("/billing/v1/products/{id}", { params: { path: { id } }, body }));
  return (
    <>
      <Head
        title={
          <>
            {p.name} <State value={p.archived_at ? "archived" : "active"} />
          </>
        }
        about={<Id value={p.id} />}
      >
        <Action label={t("edit")} confirm={t("save")} right="catalog.write" values={(data) => ({ name: textOf(data, "name"), description: maybe(data, "description") ?? null })} send={patch} changes={[["products"]]} done={t("products.changed")}>
          <ProductFields of={p} />
        </Action>
        <Action
          label={t(p.archived_at ? "products.restore" : "products.archive")}
          about={t(p.archived_at ? "products.restoreAbout" : "products.archiveAbout")}
          right="catalog.write"
          values={() => ({ archived: !p.archived_at })}
          send={patch}
          changes={[["products"]]}
          done={t("products.changed")}
        />
      </Head>
      <Card title={t("products.data")}>
        <Facts
          items={[
            [t("field.description"), p.description],
            [t("field.created"), time(p.created_at)],
          ]}
        />
      </Card>
      <Card
        title={t("products.prices")}
        actions={
          <Action
            label={t("products.newPrice")}
            right="catalog.write"
            not={p.archived_at != null && t("products.isArchived")}
            values={(data): Schemas["CreatePriceRequest"] => {
              const amount = textOf(data, "unit_amount").replace(",", ".");
              if (!/^\d{1,12}(\.\d{1,12})?$/.test(amount)) throw wrongField("unit_amount", t("products.noAmount"));
              const interval = maybe(data, "interval");
              return {
                product: id,
                currency: textOf(data, "currency").toUpperCase() as Schemas["Currency"],
                billing_scheme: textOf(data, "billing_scheme") as Schemas["BillingScheme"],
                unit_amount: amount,
                kind: textOf(data, "kind") as Schemas["PriceKind"],
                ...(interval ? { interval: interval as Schemas["BillingInterval"] } : {}),
              };
            }}
            send={(body, under) => must(api.POST("/billing/v1/prices", { params: { header: heads(under) }, body }))}
            changes={[[`prices-of-${id}`]]}
            done={t("products.priceCreated")}
          >
            {(wrong) => <PriceFields wrong={wrong} />}
          </Action>
        }
      >
        <Rows compact list={pricesOf(id)} />
      </Card>
    </>
  );
}
