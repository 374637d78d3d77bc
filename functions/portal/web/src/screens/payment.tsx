import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, heads, must } from "../api";
import { useMay } from "../client";
import { Action, maybe, textOf, wrongField } from "../form";
import { decimal, exponent, minor, money, time } from "../format";
import { label, t } from "../i18n";
import { Rows } from "../list";
import { Outcome, Reasons, ruled } from "../risk";
import { Card, Facts, Failed, Field, Head, Id, State, Waiting } from "../ui";
import { refundsOf } from "./lists";

/** Nothing typed is everything that is left. */
function amountOf(data: FormData, currency: string): number | undefined {
  const text = textOf(data, "amount");
  if (!text) return undefined;
  const amount = minor(text, currency);
  if (amount === undefined || amount === 0) throw wrongField("amount", t("wrong.amount", { currency }));
  return amount;
}

export default function Payment({ id }: { id: string }) {
  const may = useMay();
  const read = useQuery({ queryKey: ["payments", id], queryFn: () => must(api.GET("/payments/v1/payments/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const p = read.data;
  const shown = (amount: number): string => money(amount, p.currency);
  const uncaptured = p.amount - p.captured - p.capture_pending;
  const refundable = p.captured - p.refunded - p.refund_pending;
  const open = p.status === "authorized" || p.status === "partially_captured";
  const changes = [["payments"], ["refunds"], [`refunds-of-${id}`]];
  return (
    <>
      <Head
        title={
          <>
            {shown(p.amount)} <State value={p.status} />
          </>
        }
        about={<Id value={p.id} />}
      >
        <Action
          label={t("capture.do")}
          title={t("capture.title")}
          right="payment.capture"
          not={(!open || uncaptured <= 0) && t("capture.not")}
          values={(data) => ({ amount: amountOf(data, p.currency) })}
          send={(body, under) => must(api.POST("/payments/v1/payments/{id}/capture", { params: { path: { id }, header: heads(under) }, body }))}
          changes={changes}
          done={t("capture.done")}
        >
          <Field name="amount" label={t("field.amountIn", { currency: p.currency })} hint={t("capture.hint", { left: shown(uncaptured) })} initial={decimal(uncaptured, exponent(p.currency))} inputMode="decimal" autoFocus />
        </Action>
        <Action
          label={t("cancel.do")}
          title={t("cancel.title")}
          about={t("cancel.about")}
          right="payment.cancel"
          kind="danger"
          not={(p.status !== "authorized" || p.captured > 0) && t("cancel.not")}
          values={() => ({})}
          send={(_, under) => must(api.POST("/payments/v1/payments/{id}/cancel", { params: { path: { id }, header: heads(under) }, body: {} }))}
          changes={changes}
          done={t("cancel.done")}
        />
        <Action
          label={t("refund.do")}
          title={t("refund.title")}
          right="payment.refund"
          kind="primary"
          not={refundable <= 0 && t("refund.not")}
          values={(data) => ({ amount: amountOf(data, p.currency), reason: maybe(data, "reason") })}
          send={(body, under) => must(api.POST("/payments/v1/payments/{id}/refunds", { params: { path: { id }, header: heads(under) }, body }))}
          changes={changes}
          done={t("refund.done")}
        >
          <Field name="amount" label={t("field.amountIn", { currency: p.currency })} hint={t("refund.hint", { left: shown(refundable) })} initial={decimal(refundable, exponent(p.currency))} inputMode="decimal" autoFocus />
          <Field name="reason" label={t("field.reason")} maxLength={200} hint={t("refund.reasonHint")} />
        </Action>
      </Head>
      <div className="cards two">
        <Card title={t("payment.amounts")}>
          <Facts
            items={[
              [t("field.amount"), shown(p.amount)],
              [t("field.captured"), shown(p.captured) + (p.capture_pending ? ` (+ ${shown(p.capture_pending)} ${label("pending")})` : "")],
              [t("field.refunded"), shown(p.refunded) + (p.refund_pending ? ` (+ ${shown(p.refund_pending)} ${label("pending")})` : "")],
              [t("field.created"), time(p.created_at)],
              [t("field.reference"), p.reference],
              ...(p.decline_code ? [[t("field.declined"), label(p.decline_code)] as const] : []),
            ]}
          />
        </Card>
        <Card title={t("payment.from")}>
          <Facts
            items={[
              [t("field.customer"), may("customer.read") ? <Link href={`/portal/customers/${p.customer}`}>{p.customer}</Link> : p.customer],
              [t("field.card"), `${label(p.card.brand)} ·· ${p.card.last4}`],
              [t("field.method"), <Id key="method" value={p.payment_method} />],
              ...Object.entries(p.metadata ?? {}).map(([name, value]) => [name, String(value)] as const),
            ]}
          />
        </Card>
      </div>
      <Card title={t("payment.risk")}>
        <Facts
          items={[
            [t("field.outcome"), <Outcome key="outcome" of={p.risk.outcome} />],
            [t("field.score"), `${p.risk.score} / 100`],
            [t("checks.rules"), ruled(p.risk.version)],
          ]}
        />
        <Reasons of={p.risk.reasons} />
      </Card>
      <Card title={t("nav.refunds")}>
        <Rows compact list={refundsOf(id)} fixed={{ limit: "50" }} />
      </Card>
      {may("audit.read") && (
        <p>
          <Link href={`/portal/audit?object=${p.id}`}>{t("audit.ofThis")}</Link>
        </p>
      )}
    </>
  );
}
