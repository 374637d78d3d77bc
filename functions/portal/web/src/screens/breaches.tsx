import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { away, number, time } from "../format";
import { t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Field } from "../ui";

type Breach = Schemas["Breach"];
const CHANGES = [["breaches"]];

const breaches: List<Breach> = {
  id: "breaches",
  title: "nav.breaches",
  about: "breaches.about",
  load: (query) => must(api.GET("/privacy/v1/breaches", { params: { query } as never })),
  key: (b) => b.id,
  columns: [
    { id: "summary", label: "breaches.summary", text: (b) => b.summary },
    { id: "known", label: "breaches.known", text: (b) => b.known_at, cell: (b) => time(b.known_at), sort: (b) => b.known_at },
    { id: "due", label: "privacy.due", text: (b) => b.due_at, cell: (b) => `${time(b.due_at)}${b.notified_at ? "" : ` (${away(b.due_at)})`}`, sort: (b) => b.due_at },
    { id: "notified", label: "breaches.notified", text: (b) => b.notified_at ?? "", cell: (b) => time(b.notified_at), sort: (b) => b.notified_at ?? "" },
    { id: "affected", label: "breaches.affected", text: (b) => String(b.affected ?? ""), cell: (b) => (b.affected == null ? "–" : number(b.affected)), sort: (b) => b.affected ?? 0, numeric: true },
    { id: "reference", label: "breaches.reference", text: (b) => b.authority_reference ?? "", extra: true },
    { id: "delay", label: "breaches.delay", text: (b) => b.delay_reason ?? "", extra: true },
    { id: "id", label: "field.id", text: (b) => b.id, cell: (b) => <code>{b.id}</code>, extra: true },
  ],
  emptyTitle: "breaches.empty",
  emptyText: "breaches.emptyAbout",
  row: (b) =>
    !b.notified_at && (
      <Action
        label={t("breaches.notify")}
        about={<p>{b.summary}</p>}
        right="privacy.write"
        values={(data) => ({ authority_reference: maybe(data, "authority_reference"), delay_reason: maybe(data, "delay_reason") })}
        send={(body, under) => must(api.POST("/privacy/v1/breaches/{id}/notify", { params: { path: { id: b.id }, header: heads(under) }, body }))}
        changes={CHANGES}
        done={t("breaches.notifiedDone")}
      >
        <Field name="authority_reference" label={t("breaches.reference")} autoFocus />
        <Field name="delay_reason" label={t("breaches.delay")} hint={t("breaches.delayHint")} maxLength={200} />
      </Action>
    ),
};

/** How many people, if that is known. */
function affected(data: FormData): number | undefined {
  const text = textOf(data, "affected");
  if (text && !/^\d{1,9}$/.test(text)) throw wrongField("affected", t("wrong.number"));
  return text ? Number(text) : undefined;
}

export default function Breaches() {
  return (
    <ListScreen
      list={breaches}
      actions={
        <Action
          label={t("breaches.create")}
          about={<p>{t("breaches.createAbout")}</p>}
          right="privacy.write"
          kind="primary"
          values={(data) => ({ summary: textOf(data, "summary"), affected: affected(data) })}
          send={(body, under) => must(api.POST("/privacy/v1/breaches", { params: { header: heads(under) }, body }))}
          changes={CHANGES}
          done={t("breaches.created")}
        >
          <Field name="summary" label={t("breaches.summary")} hint={t("refund.reasonHint")} required autoFocus maxLength={200} />
          <Field name="affected" label={t("breaches.affected")} hint={t("breaches.affectedHint")} inputMode="numeric" />
        </Action>
      }
    />
  );
}
