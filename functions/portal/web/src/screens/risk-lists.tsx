import { useLocation } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { Action, textOf } from "../form";
import { time } from "../format";
import { label, t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Choice, Field, State } from "../ui";

type RiskList = Schemas["RiskList"];

export const lists: List<RiskList> = {
  id: "risk-lists",
  title: "nav.riskLists",
  about: "riskLists.about",
  load: (query) => must(api.GET("/risk/v1/lists", { params: { query } as never })),
  key: (l) => l.id,
  href: (l) => `/portal/risk-lists/${l.id}`,
  columns: [
    { id: "name", label: "field.name", text: (l) => l.name, sort: (l) => l.name },
    { id: "kind", label: "field.type", text: (l) => l.kind, cell: (l) => <State value={l.kind} />, sort: (l) => l.kind },
    { id: "created", label: "field.created", text: (l) => l.created_at, cell: (l) => time(l.created_at), sort: (l) => l.created_at },
    { id: "id", label: "field.id", text: (l) => l.id, cell: (l) => <code>{l.id}</code>, extra: true },
  ],
  emptyTitle: "riskLists.empty",
  emptyText: "riskLists.emptyAbout",
};

export default function RiskLists() {
  const [, go] = useLocation();
  return (
    <ListScreen
      list={lists}
      actions={
        <Action
          label={t("riskLists.create")}
          right="risk.list"
          kind="primary"
          values={(data) => ({ name: textOf(data, "name"), kind: textOf(data, "kind") as Schemas["RiskListKind"] })}
          send={(body, under) => must(api.POST("/risk/v1/lists", { params: { header: heads(under) }, body }))}
          changes={[["risk-lists"]]}
          done={t("riskLists.created")}
          then={(made: RiskList) => go(`/portal/risk-lists/${made.id}`)}
        >
          <Field name="name" label={t("field.name")} required autoFocus maxLength={200} />
          <Choice name="kind" label={t("field.type")} hint={t("riskLists.kindHint")} options={(["deny", "allow"] as const).map((k) => [k, label(k)] as const)} />
        </Action>
      }
    />
  );
}
