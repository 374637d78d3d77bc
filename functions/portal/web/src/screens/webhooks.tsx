import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { time } from "../format";
import { label, t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Choice, Choices, Field, Id, Secret, State, Waiting } from "../ui";

type Webhook = Schemas["Webhook"];
const CHANGES = [["webhooks"]];

function Events({ initial, wrong }: { initial: readonly string[]; wrong?: string }) {
  const kinds = useQuery({ queryKey: ["event-types"], queryFn: () => must(api.GET("/notifications/v1/event-types")) });
  if (!kinds.data) return <Waiting />;
  return <Choices name="event_types" legend={t("webhooks.events")} initial={initial} wrong={wrong} options={[["*", t("webhooks.all")], ...kinds.data.data.map((k) => [k.name, k.name] as const)]} />;
}

function events(data: FormData): Schemas["EventType"][] {
  const chosen = data.getAll("event_types").map(String) as Schemas["EventType"][];
  if (chosen.length === 0) throw wrongField("event_types", t("webhooks.noEvents"));
  return chosen.includes("*") ? ["*"] : chosen;
}

const webhooks: List<Webhook> = {
  id: "webhooks",
  title: "nav.webhooks",
  about: "webhooks.about",
  load: (query) => must(api.GET("/notifications/v1/webhooks", { params: { query } as never })),
  key: (w) => w.id,
  columns: [
    { id: "url", label: "field.url", text: (w) => w.url, cell: (w) => <span className="url">{w.url}</span>, sort: (w) => w.url },
    { id: "status", label: "field.status", text: (w) => w.status, cell: (w) => <><State value={w.status} /> {w.disabled_reason && <span className="hint">{label(w.disabled_reason)}</span>}</>, sort: (w) => w.status },
    { id: "kind", label: "webhooks.kind", text: (w) => w.kind, cell: (w) => label(`sent_${w.kind}`), sort: (w) => w.kind },
    { id: "events", label: "webhooks.events", text: (w) => w.event_types.join(", "), cell: (w) => (w.event_types.includes("*") ? t("webhooks.all") : w.event_types.join(", ")) },
    { id: "description", label: "field.description", text: (w) => w.description ?? "" },
    { id: "created", label: "field.created", text: (w) => w.created_at, cell: (w) => time(w.created_at), sort: (w) => w.created_at, extra: true },
    { id: "deliveries", label: "nav.deliveries", text: (w) => w.id, cell: (w) => <Link href={`/portal/deliveries?webhook=${w.id}`}>{t("webhooks.deliveries")}</Link> },
  ],
  emptyTitle: "webhooks.empty",
  emptyText: "webhooks.emptyAbout",
  row: (w) => (
    <>
      <Action
        label={t("edit")}
        confirm={t("save")}
        title={t("webhooks.edit")}
        right="webhook.write"
        values={(data) => ({ url: textOf(data, "url"), description: maybe(data, "description"), event_types: events(data) })}
        send={(body) => must(api.PATCH("/notifications/v1/webhooks/{id}", { params: { path: { id: w.id } }, body }))}
        changes={CHANGES}
        done={t("webhooks.changed")}
      >
        {(wrong) => <WebhookFields of={w} wrong={wrong.event_types} />}
      </Action>
      <Action
        label={t(w.status === "enabled" ? "webhooks.disable" : "webhooks.enable")}
        about={t(w.status === "enabled" ? "webhooks.disableAbout" : "webhooks.enableAbout")}
        right="webhook.write"
        values={() => ({ status: (w.status === "enabled" ? "disabled" : "enabled") as Schemas["WebhookStatus"] })}
        send={(body) => must(api.PATCH("/notifications/v1/webhooks/{id}", { params: { path: { id: w.id } }, body }))}
        changes={CHANGES}
        done={t("webhooks.changed")}
      />
      <Action
        label={t("webhooks.rotate")}
        about={t("webhooks.rotateAbout")}
        right="webhook.write"
        values={() => ({})}
        send={(_, under) => must(api.POST("/notifications/v1/webhooks/{id}/rotate", { params: { path: { id: w.id }, header: heads(under) }, body: {} }))}
        changes={CHANGES}
        done={t("webhooks.rotated")}
        after={(made: Schemas["RotatedWebhookSecret"]) => <Secret label={t(w.kind === "soap" ? "webhooks.password" : "webhooks.secret")} value={made.secret} />}
      />
      <Action
        label={t("webhooks.remove")}
        about={t("webhooks.removeAbout")}
        right="webhook.write"
        kind="danger"
        values={() => ({})}
        send={() => must(api.DELETE("/notifications/v1/webhooks/{id}", { params: { path: { id: w.id } } }))}
        changes={CHANGES}
        done={t("webhooks.removed")}
      />
    </>
  ),
};

function WebhookFields({ of, wrong }: { of?: Webhook; wrong?: string }) {
  return (
    <>
      <Field name="url" label={t("field.url")} hint={t("webhooks.urlHint")} initial={of?.url} required autoFocus mono />
      <Field name="description" label={t("field.description")} initial={of?.description ?? ""} />
      {!of && <Kind />}
      <Events initial={of?.event_types ?? ["*"]} wrong={wrong} />
    </>
  );
}

/** As JSON, or in envelopes of SOAP; it cannot be changed afterwards. */
function Kind() {
  const [kind, choose] = useState("rest");
  return (
    <>
      <Choice name="kind" label={t("webhooks.kind")} hint={t("webhooks.kindHint")} value={kind} onChange={choose} options={(["rest", "soap"] as const).map((one) => [one, label(`sent_${one}`)] as const)} />
      {kind === "soap" && (
        <label className="check">
          <input type="checkbox" name="timestamp" value="yes" />
          <span>{t("webhooks.timestamp")}</span>
        </label>
      )}
    </>
  );
}

/** What an event's receiver keeps: what verifies signatures, or the password of envelopes. */
function Kept({ of }: { of: Schemas["NewWebhook"] }) {
  if (of.kind !== "soap") return <Secret label={t("webhooks.secret")} value={of.secret} />;
  return (
    <>
      <Secret label={t("webhooks.password")} value={of.secret} />
      <p className="hint">{t("webhooks.wsdl")}</p>
      <Id value={`${location.origin}/notifications/v1/callback?wsdl`} />
    </>
  );
}

export default function Webhooks() {
  return (
    <ListScreen
      list={webhooks}
      actions={
        <Action
          label={t("webhooks.create")}
          right="webhook.write"
          kind="primary"
          values={(data): Schemas["CreateWebhookRequest"] => {
            const kind = textOf(data, "kind") as Schemas["WebhookKind"];
            return { url: textOf(data, "url"), description: maybe(data, "description"), event_types: events(data), kind, ...(kind === "soap" ? { timestamp: data.get("timestamp") === "yes" } : {}) };
          }}
          send={(body, under) => must(api.POST("/notifications/v1/webhooks", { params: { header: heads(under) }, body }))}
          changes={CHANGES}
          done={t("webhooks.created")}
          after={(made: Schemas["NewWebhook"]) => <Kept of={made} />}
        >
          {(wrong) => <WebhookFields wrong={wrong.event_types} />}
        </Action>
      }
    />
  );
}
