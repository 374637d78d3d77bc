import { useLocation } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf } from "../form";
import { time } from "../format";
import { t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Field, State } from "../ui";

type Product = Schemas["Product"];

const products: List<Product> = {
  id: "products",
  title: "nav.products",
  about: "products.about",
  load: (query) => must(api.GET("/billing/v1/products", { params: { query } as never })),
  key: (p) => p.id,
  href: (p) => `/portal/products/${p.id}`,
  columns: [
    { id: "name", label: "field.name", text: (p) => p.name, sort: (p) => p.name },
    { id: "description", label: "field.description", text: (p) => p.description ?? "" },
    { id: "status", label: "field.status", text: (p) => (p.archived_at ? "archived" : "active"), cell: (p) => <State value={p.archived_at ? "archived" : "active"} /> },
    { id: "created", label: "field.created", text: (p) => p.created_at, cell: (p) => time(p.created_at), sort: (p) => p.created_at },
    { id: "id", label: "field.id", text: (p) => p.id, cell: (p) => <code>{p.id}</code>, extra: true },
  ],
  emptyTitle: "products.empty",
  emptyText: "products.emptyAbout",
};

export function ProductFields({ of }: { of?: Product }) {
  return (
    <>
      <Field name="name" label={t("field.name")} hint={t("products.nameHint")} initial={of?.name} required autoFocus maxLength={200} />
      <Field name="description" label={t("field.description")} initial={of?.description ?? ""} maxLength={200} />
    </>
  );
}

export default function Products() {
  const [, go] = useLocation();
  return (
    <ListScreen
      list={products}
      actions={
        <Action
          label={t("products.create")}
          right="catalog.write"
          kind="primary"
          values={(data) => ({ name: textOf(data, "name"), description: maybe(data, "description") })}
          send={(body, under) => must(api.POST("/billing/v1/products", { params: { header: heads(under) }, body }))}
          changes={[["products"]]}
          done={t("products.created")}
          then={(made: Product) => go(`/portal/products/${made.id}`)}
        >
          <ProductFields />
        </Action>
      }
    />
  );
}
