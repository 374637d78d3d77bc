import { useState } from "react";
import { useLocation } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf } from "../form";
import { time } from "../format";
import { t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Steps } from "../signin";
import { Field } from "../ui";

type Customer = Schemas["Customer"];

const customers: List<Customer> = {
  id: "customers",
  title: "nav.customers",
  about: "customers.about",
  load: (query) => must(api.GET("/billing/v1/customers", { params: { query } as never })),
  key: (c) => c.id,
  href: (c) => `/portal/customers/${c.id}`,
  columns: [
    { id: "name", label: "field.name", text: (c) => c.name, sort: (c) => c.name },
    { id: "email", label: "field.email", text: (c) => c.email, sort: (c) => c.email },
    { id: "reference", label: "field.reference", text: (c) => c.reference ?? "", sort: (c) => c.reference ?? "" },
    { id: "country", label: "field.country", text: (c) => c.country ?? "", sort: (c) => c.country ?? "" },
    { id: "created", label: "field.created", text: (c) => c.created_at, cell: (c) => time(c.created_at), sort: (c) => c.created_at },
    { id: "id", label: "field.id", text: (c) => c.id, cell: (c) => <code>{c.id}</code>, extra: true },
  ],
  filters: [
    { name: "reference", label: "field.reference", kind: "text" },
    { name: "country", label: "field.countryCode", kind: "text" },
    { name: "created_from", label: "field.from", kind: "day" },
    { name: "created_to", label: "field.to", kind: "day", end: true },
  ],
  emptyTitle: "customers.empty",
  emptyText: "customers.emptyAbout",
};

export default function Customers() {
  const [, go] = useLocation();
  return (
    <ListScreen
      list={customers}
      above={<Find found={(id) => go(`/portal/customers/${id}`)} />}
      actions={
        <Action
          label={t("customers.create")}
          right="customer.write"
          kind="primary"
          values={(data) => ({ name: textOf(data, "name"), email: textOf(data, "email"), reference: maybe(data, "reference"), country: maybe(data, "country")?.toUpperCase() })}
          send={(body, under) => must(api.POST("/billing/v1/customers", { params: { header: heads(under) }, body }))}
          changes={[["customers"]]}
          done={t("customers.created")}
          then={(made: Customer) => go(`/portal/customers/${made.id}`)}
        >
          <CustomerFields />
        </Action>
      }
    />
  );
}

export function CustomerFields({ of }: { of?: Customer }) {
  return (
    <>
      <Field name="name" label={t("field.name")} initial={of?.name} required autoFocus maxLength={200} />
      <Field name="email" label={t("field.email")} type="email" initial={of?.email} required />
      <Field name="reference" label={t("field.reference")} hint={t("customers.referenceHint")} initial={of?.reference ?? ""} />
      <Field name="country" label={t("field.countryCode")} hint={t("customers.countryHint")} initial={of?.country ?? ""} maxLength={2} />
    </>
  );
}

/** By e-mail address, which stands in no URL. */
function Find({ found }: { found: (id: string) => void }) {
  const [none, say] = useState(false);
  return (
    <section className="find" aria-label={t("customers.find")}>
      <Steps
        label={t("customers.findGo")}
        submit={async (data) => {
          say(false);
          const matches = await must(api.POST("/billing/v1/customers/search", { body: { email: textOf(data, "email") } }));
          const first = matches.data[0];
          if (first) found(first.id);
          else say(true);
        }}
      >
        <Field name="email" label={t("customers.find")} type="email" required />
      </Steps>
      {none && <p role="status">{t("customers.notFound")}</p>}
    </section>
  );
}
