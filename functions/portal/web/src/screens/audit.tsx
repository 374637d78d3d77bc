import { api, must, type Schemas } from "../api";
import { time } from "../format";
import { t } from "../i18n";
import { type List, ListScreen } from "../list";
import { State } from "../ui";
import { ExportAction } from "./export";

type Entry = Schemas["EntrySummary"];

const said = (e: Entry, name: string): string => {
  const value = (e.entry as Record<string, unknown>)[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

const entries: List<Entry> = {
  id: "audit",
  title: "nav.audit",
  about: "audit.about",
  load: (query) => must(api.GET("/audit/v1/entries", { params: { query } as never })),
  key: (e) => e.id,
  href: (e) => `/portal/audit/${e.id}`,
  columns: [
    { id: "at", label: "field.at", text: (e) => said(e, "at"), cell: (e) => time(said(e, "at")), sort: (e) => said(e, "at") },
    { id: "activity", label: "field.activity", text: (e) => e.activity, cell: (e) => <code>{e.activity}</code>, sort: (e) => e.activity },
    { id: "outcome", label: "field.outcome", text: (e) => e.outcome, cell: (e) => <State value={e.outcome} />, sort: (e) => e.outcome },
    { id: "actor", label: "field.actor", text: (e) => e.actor, cell: (e) => <code>{e.actor || t("audit.nobody")}</code>, sort: (e) => e.actor },
    { id: "address", label: "field.address", text: (e) => said(e, "address"), sort: (e) => said(e, "address") },
    { id: "status", label: "field.httpStatus", text: (e) => said(e, "status"), sort: (e) => said(e, "status"), numeric: true, extra: true },
    { id: "path", label: "field.path", text: (e) => `${said(e, "method")} ${said(e, "path")}`, extra: true },
    { id: "request", label: "field.request", text: (e) => said(e, "request_id"), extra: true },
    { id: "id", label: "field.id", text: (e) => e.id, cell: (e) => <code>{e.id}</code>, extra: true },
  ],
  filters: [
    { name: "activity", label: "field.activity", kind: "text", mono: true },
    { name: "outcome", label: "field.outcome", kind: "choice", options: ["succeeded", "refused", "failed", "replayed", "intended", "waiting"] },
    { name: "actor", label: "field.actor", kind: "text", mono: true },
    { name: "object", label: "field.object", kind: "text", mono: true },
    { name: "address", label: "field.address", kind: "text", mono: true },
    { name: "from", label: "field.from", kind: "day" },
    { name: "to", label: "field.to", kind: "day", end: true },
  ],
  emptyTitle: "audit.empty",
  emptyText: "audit.emptyAbout",
};

export default function Audit() {
  return <ListScreen list={entries} actions={<ExportAction />} />;
}
