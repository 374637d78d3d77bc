import { Link } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { away, time } from "../format";
import { label, t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Choice, Field, Secret, State } from "../ui";

type Request = Schemas["PrivacyRequest"];
const CHANGES = [["privacy-requests"]];
const TYPES: readonly Schemas["PrivacyRequestType"][] = ["access", "portability", "rectification", "restriction", "restriction_lift", "objection", "review", "erasure"];

const requests: List<Request> = {
  id: "privacy-requests",
  title: "nav.privacy",
  about: "privacy.about",
  load: (query) => must(api.GET("/privacy/v1/requests", { params: { query } as never })),
  key: (r) => r.id,
  columns: [
    { id: "id", label: "field.request1", text: (r) => r.id, cell: (r) => <code>{r.id}</code> },
    { id: "type", label: "field.type", text: (r) => r.type, cell: (r) => label(r.type), sort: (r) => r.type },
    { id: "status", label: "field.status", text: (r) => r.status, cell: (r) => <State value={r.status} />, sort: (r) => r.status },
    { id: "customer", label: "field.customer", text: (r) => r.customer, cell: (r) => <Link href={`/portal/customers/${r.customer}`}>{r.customer}</Link> },
    { id: "received", label: "privacy.received", text: (r) => r.received_at, cell: (r) => time(r.received_at), sort: (r) => r.received_at },
    {
      id: "due",
      label: "privacy.due",
      text: (r) => r.due_at,
      cell: (r) => `${time(r.due_at)}${r.status === "completed" || r.status === "refused" ? "" : ` (${away(r.due_at)})`}`,
      sort: (r) => r.due_at,
    },
    { id: "reason", label: "field.reason", text: (r) => r.reason ?? "", extra: true },
    { id: "reference", label: "field.reference", text: (r) => r.reference ?? "", extra: true },
  ],
  emptyTitle: "privacy.empty",
  emptyText: "privacy.emptyAbout",
  row: (r) => <Decide of={r} />,
  href: (r) => `/portal/privacy/${r.id}`,
};

/** Grants, refuses or puts off what is open. */
export function Decide({ of: r }: { of: Request }) {
  if (r.status !== "open" && r.status !== "in_progress") return null;
  return (
    <Action
        label={t("privacy.decide")}
        about={`${label(r.type)}: ${r.customer}`}
        right="privacy.write"
        values={(data) => {
          const decision = textOf(data, "decision");
          if (!decision) throw wrongField("decision", t("approvals.choose"));
          return { decision: decision as Schemas["PrivacyDecision"], reason: textOf(data, "reason") };
        }}
        send={(body, under) => must(api.POST("/privacy/v1/requests/{id}", { params: { path: { id: r.id }, header: heads(under) }, body }))}
        changes={CHANGES}
        done={t("privacy.decided")}
      >
        {(wrong) => (
          <>
            <Choice
              name="decision"
              label={t("approvals.decision")}
              wrong={wrong.decision}
              options={[
                ["", t("approvals.choose")],
                ["grant", t("privacy.grant")],
                ["refuse", t("privacy.refuse")],
                ["extend", t("privacy.extend")],
              ]}
            />
            <Field name="reason" label={t("field.reason")} required maxLength={200} />
          </>
        )}
      </Action>
  );
}

/** A request of a customer, taken down where their data is seen. */
export function PrivacyRequestAction({ customer, then }: { customer: string; then: () => void }) {
  return (
    <Action
      label={t("privacy.create")}
      about={<p>{t("privacy.createAbout")}</p>}
      right="privacy.write"
      values={(data) => ({ customer, type: textOf(data, "type") as Schemas["PrivacyRequestType"], reference: maybe(data, "reference"), about: maybe(data, "about") })}
      send={(body, under) => must(api.POST("/privacy/v1/requests", { params: { header: heads(under) }, body }))}
      changes={CHANGES}
      done={t("privacy.created")}
      after={(made: Schemas["NewPrivacyRequest"]) => (made.archive_key ? <Secret label={t("privacy.key")} value={made.archive_key} /> : <p>{t("privacy.createdAbout", { due: time(made.due_at) })}</p>)}
      then={() => then()}
    >
      <Choice name="type" label={t("field.type")} options={TYPES.map((type) => [type, label(type)] as const)} />
      <Field name="reference" label={t("field.reference")} hint={t("privacy.referenceHint")} />
      <Field name="about" label={t("privacy.aboutField")} hint={t("privacy.aboutHint")} />
    </Action>
  );
}

export default function Privacy() {
  return <ListScreen list={requests} />;
}
