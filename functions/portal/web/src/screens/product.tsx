import { useQuery } from "@tanstack/react-query";
import { api, must, type Schemas } from "../api";
import { Action, maybe, textOf } from "../form";
import { time } from "../format";
import { label, t } from "../i18n";
import { type List, Rows } from "../list";
import { Card, Facts, Failed, Head, Id, State, Waiting } from "../ui";
import { NewPrice } from "./price-new";
import { every, priced } from "./prices";
import { ProductFields } from "./products";

type Price = Schemas["Price"];

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
      { id: "amount", label: "field.unit", text: (p) => `${p.unit_amount} ${p.currency}`, cell: (p) => priced(p), numeric: true },
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
          <NewPrice product={id} not={p.archived_at != null && t("products.isArchived")} changes={[[`prices-of-${id}`]]} />
        }
      >
        <Rows compact list={pricesOf(id)} />
      </Card>
    </>
  );
}
