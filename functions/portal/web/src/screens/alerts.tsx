import { api, heads, must, type Schemas } from "../api";
import { Action, maybe } from "../form";
import { t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Field } from "../ui";
import { alerts, Entries } from "./lists";

const list: List<Schemas["Alert"]> = {
  ...alerts,
  row: (a) =>
    a.state === "open" && (
      <Action
        label={t("alerts.acknowledge")}
        about={
          <>
            <p>{a.detail}</p>
            <p>{t("field.entries")}</p>
            <Entries ids={a.entries} />
          </>
        }
        right="audit.alert"
        values={(data) => ({ note: maybe(data, "note") })}
        send={(body, under) => must(api.POST("/audit/v1/alerts/{id}/acknowledge", { params: { path: { id: a.id }, header: heads(under) }, body }))}
        changes={[["alerts"]]}
        done={t("alerts.acknowledged")}
      >
        <Field name="note" label={t("field.note")} maxLength={200} autoFocus />
      </Action>
    ),
  bulk: [
    {
      label: "alerts.acknowledge",
      ask: "bulk.acknowledgeAsk",
      right: "audit.alert",
      can: (a) => a.state === "open",
      send: (a, under) => must(api.POST("/audit/v1/alerts/{id}/acknowledge", { params: { path: { id: a.id }, header: heads(under) }, body: {} })),
    },
  ],
};

export default function Alerts() {
  return <ListScreen list={list} />;
}
