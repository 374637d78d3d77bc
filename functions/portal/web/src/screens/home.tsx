import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, must } from "../api";
import { useMay, useMe } from "../client";
import { time } from "../format";
import { counted, type Key, t } from "../i18n";
import { Rows } from "../list";
import { Card, Empty, Failed, Head, State, Waiting } from "../ui";
import { alerts, deliveries, invoices, payments } from "./lists";

/** What waits for whoever is here, as far as their rights go. */
export default function Home() {
  const me = useMe().data;
  const may = useMay();
  const more = (path: string): ReactNode => <Link href={`/portal${path}`}>{t("home.all")}</Link>;
  const nothing = !["approval.read", "audit.read", "payment.read", "invoice.read", "webhook.read"].some(may);
  return (
    <>
      <Head title={t("home.title", { name: me?.name ?? "" })} about={t("home.about")} />
      {may("payment.read") && <FirstSteps />}
      {nothing && <Empty title={t("home.nothing")} text={t("home.nothingAbout")} />}
      <div className="cards flow">
        {may("approval.read") && <Waits />}
        {may("payment.read") && (
          <Card title={t("home.payments")} actions={more("/payments")}>
            <Rows compact brief fixed={{ limit: "8" }} list={{ ...payments, columns: payments.columns.filter((c) => ["id", "status", "amount"].includes(c.id)) }} />
          </Card>
        )}
        {may("payment.read") && (
          <Card title={t("home.declined")} actions={more("/payments?status=declined")}>
            <Rows compact brief fixed={{ status: "declined", limit: "8" }} list={{ ...payments, emptyTitle: "home.noDeclines", emptyText: "home.noDeclinesAbout", columns: payments.columns.filter((c) => ["id", "created", "amount"].includes(c.id)) }} />
          </Card>
        )}
        {may("audit.read") && (
          <Card title={t("home.alerts")} actions={more("/alerts?state=open")}>
            <Rows compact brief fixed={{ state: "open", limit: "5" }} list={{ ...alerts, columns: alerts.columns.filter((c) => ["rule", "severity", "raised"].includes(c.id)), emptyTitle: "home.noAlerts" }} />
          </Card>
        )}
        {may("webhook.read") && (
          <Card title={t("home.deliveries")} actions={more("/deliveries")}>
            <Rows compact brief fixed={{ limit: "5" }} list={{ ...deliveries, columns: deliveries.columns.filter((c) => ["event", "status", "created"].includes(c.id)) }} />
          </Card>
        )}
        {may("invoice.read") && (
          <Card title={t("home.invoices")} actions={more("/invoices?status=open")}>
            <Rows compact brief fixed={{ status: "open", limit: "5" }} list={{ ...invoices, emptyTitle: "home.noInvoices", emptyText: "home.noInvoicesAbout", columns: invoices.columns.filter((c) => ["number", "created", "total"].includes(c.id)) }} />
          </Card>
        )}
      </div>
    </>
  );
}

/** What to do where nothing has been paid yet, as far as whoever is here may. */
function FirstSteps() {
  const may = useMay();
  const any = useQuery({ queryKey: ["payments", "any"], queryFn: () => must(api.GET("/payments/v1/payments", { params: { query: { limit: 1 } } })), staleTime: 60_000 });
  const steps: readonly [string, string, Key][] = [
    ["user.write", "/users", "first.people"],
    ["role.write", "/roles", "first.roles"],
    ["apiclient.write", "/api-clients", "first.client"],
    ["webhook.write", "/webhooks", "first.webhook"],
    ["customer.write", "/customers", "first.customer"],
  ];
  const mine = steps.filter(([right]) => may(right));
  if (!any.data || any.data.data.length > 0 || mine.length === 0) return null;
  return (
    <Card title={t("first.title")}>
      <p className="hint">{t("first.about")}</p>
      <ol className="first">
        {[...mine, ["", "/docs", "first.docs"] as const].map(([, path, text]) => (
          <li key={path}>
            <Link href={`/portal${path}`}>{t(text)}</Link>
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** What waits for a second person who is not the one that asked. */
function Waits() {
  const me = useMe().data;
  const list = useQuery({ queryKey: ["approvals", "home"], queryFn: () => must(api.GET("/identity/v1/approvals", { params: { query: { limit: 50 } } })) });
  const mine = list.data?.data.filter((a) => a.status === "pending" && a.person !== me?.id) ?? [];
  return (
    <Card title={t("home.approvals")} actions={<Link href="/portal/approvals">{t("home.all")}</Link>}>
      {list.isPending ? (
        <Waiting />
      ) : list.isError ? (
        <Failed error={list.error} />
      ) : mine.length === 0 ? (
        <Empty title={t("home.noApprovals")} text={t("home.noApprovalsAbout")} />
      ) : (
        <>
          <p>
            <strong>{counted("home.waiting", mine.length)}</strong>
          </p>
          <ul className="plain">
            {mine.slice(0, 5).map((a) => (
              <li key={a.id}>
                <Link href={`/portal/approvals#${a.id}`}>{a.summary}</Link> <State value={a.status} /> <span className="hint">{time(a.expires_at)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}
