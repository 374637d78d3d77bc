import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { time } from "../format";
import { t } from "../i18n";
import { type List, Rows } from "../list";
import { Card, Field, Head, Id, State } from "../ui";

type Item = Schemas["RiskListItem"];

const itemsOf = (id: string): List<Item> => ({
  id: `risk-list-${id}`,
  title: "riskLists.items",
  load: (query) => must(api.GET("/risk/v1/lists/{id}/items", { params: { path: { id }, query } as never })),
  key: (i) => i.id,
  columns: [
    { id: "who", label: "riskLists.who", text: (i) => i.customer ?? i.payment_method ?? "", cell: (i) => (i.customer ? <Link href={`/portal/customers/${i.customer}`}>{i.customer}</Link> : <code>{i.payment_method}</code>) },
    { id: "status", label: "field.status", text: (i) => (i.active ? "active" : "expired"), cell: (i) => <State value={i.active ? "active" : "expired"} /> },
    { id: "note", label: "field.note", text: (i) => i.note ?? "" },
    { id: "created", label: "field.created", text: (i) => i.created_at, cell: (i) => time(i.created_at), sort: (i) => i.created_at },
    { id: "expires", label: "field.expires", text: (i) => i.expires_at ?? "", cell: (i) => (i.expires_at ? time(i.expires_at) : t("riskLists.forGood")) },
  ],
  emptyTitle: "riskLists.nobody",
  emptyText: "riskLists.nobodyAbout",
  row: (i) =>
    i.active && (
      <Action
        label={t("riskLists.off")}
        about={t("riskLists.offAbout")}
        right="risk.list"
        kind="danger"
        // A time that has come takes it off.
        values={(): Schemas["AddRiskListItemRequest"] => ({ ...(i.customer ? { customer: i.customer } : { payment_method: i.payment_method }), note: i.note, expires_at: new Date().toISOString() })}
        send={(body, under) => must(api.POST("/risk/v1/lists/{id}/items", { params: { path: { id }, header: heads(under) }, body }))}
        changes={[[`risk-list-${id}`]]}
        done={t("riskLists.offDone")}
      />
    ),
});

export default function RiskList({ id }: { id: string }) {
  const found = useQuery({ queryKey: ["risk-lists", "names"], queryFn: () => must(api.GET("/risk/v1/lists", { params: { query: { limit: 100 } } })) });
  const list = found.data?.data.find((l) => l.id === id);
  return (
    <>
      <Head
        title={
          <>
            {list?.name ?? t("nav.riskLists")} {list && <State value={list.kind} />}
          </>
        }
        about={<Id value={id} />}
      >
        <Action
          label={t("riskLists.add")}
          right="risk.list"
          kind="primary"
          values={(data): Schemas["AddRiskListItemRequest"] => {
            const who = textOf(data, "who");
            const until = maybe(data, "expires_at");
            const rest = { note: maybe(data, "note"), ...(until ? { expires_at: new Date(until).toISOString() } : {}) };
            if (who.startsWith("cus_")) return { customer: who, ...rest };
            if (who.startsWith("pm_")) return { payment_method: who, ...rest };
            throw wrongField("who", t("riskLists.whoHint"));
          }}
          send={(body, under) => must(api.POST("/risk/v1/lists/{id}/items", { params: { path: { id }, header: heads(under) }, body }))}
          changes={[[`risk-list-${id}`]]}
          done={t("riskLists.added")}
        >
          <Field name="who" label={t("riskLists.who")} hint={t("riskLists.whoHint")} required autoFocus mono />
          <Field name="note" label={t("field.note")} maxLength={200} />
          <Field name="expires_at" label={t("field.expires")} hint={t("riskLists.untilHint")} type="datetime-local" />
        </Action>
      </Head>
      <Card title={t("riskLists.items")}>
        <Rows compact list={itemsOf(id)} />
      </Card>
    </>
  );
}
