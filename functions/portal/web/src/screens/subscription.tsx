// A subscription: what it is for, its periods, what it will be billed next and why.

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { Of } from "../accounts";
import { api, must } from "../api";
import { useMay } from "../client";
import { away, money, number, time } from "../format";
import { label, t } from "../i18n";
import { Table } from "../table";
import { Card, Facts, Failed, Head, Id, Waiting } from "../ui";
import { every, priced, useSold } from "./prices";
import { SubscriptionActions } from "./subscription-actions";
import { nameOf, Status, type Subscription as Read } from "./subscription-list";
import { SubscriptionPreview } from "./subscription-preview";

export default function Subscription({ id }: { id: string }) {
  const may = useMay();
  const sold = useSold();
  const read = useQuery({ queryKey: ["subscriptions", id], queryFn: () => must(api.GET("/billing/v1/subscriptions/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const s = read.data;
  return (
    <>
      <Head
        title={
          <>
            {nameOf(s, sold.product)} <Status of={s} />
          </>
        }
        about={<Id value={s.id} />}
      >
        <SubscriptionActions of={s} />
      </Head>
      {s.billing_problem && (
        <p className="warning" role="status">
          {t("subscriptions.problemAbout", { why: label(s.billing_problem) })}
        </p>
      )}
      <Card title={t("subscriptions.items")}>
        <Items of={s} />
      </Card>
      <div className="cards two">
        <Card title={t("subscriptions.periods")}>
          <Periods of={s} />
        </Card>
        <Card title={t("invoices.about1")}>
          <Facts
            items={[
              [t("field.customer"), <Of key="c" id={s.customer} />],
              [t("subscriptions.invoicing"), label(`invoicing_${s.invoicing}`)],
              [t("subscriptions.waiting"), money(s.amount_waiting, s.currency)],
              [t("field.created"), time(s.created_at)],
              ...Object.entries(s.metadata ?? {}).map(([name, value]) => [name, String(value)] as const),
            ]}
          />
        </Card>
      </div>
      {s.due_at && (
        <Card title={t("subscriptions.preview")}>
          <SubscriptionPreview id={id} />
        </Card>
      )}
      {may("audit.read") && (
        <p>
          <Link href={`/portal/audit?object=${s.id}`}>{t("audit.ofThis")}</Link>
        </p>
      )}
    </>
  );
}

function Items({ of: s }: { of: Read }) {
  const sold = useSold();
  const price = (id: string): string => {
    const found = sold.price(id);
    return found ? priced(found) : id;
  };
  const changes = s.items.some((item) => item.pending_price ?? item.pending_quantity);
  return (
    <Table
      caption={t("subscriptions.items")}
      rows={s.items}
      cells={[
        { label: t("subscriptions.product"), cell: (item) => sold.product(item.product) ?? <code>{item.product}</code> },
        { label: t("subscriptions.price"), cell: (item) => price(item.price) },
        ...(changes ? [{ label: t("subscriptions.then"), cell: (item: Read["items"][number]) => (item.pending_price ?? item.pending_quantity) && `${item.pending_quantity ?? item.quantity} × ${price(item.pending_price ?? item.price)}` }] : []),
        { label: t("field.quantity"), numeric: true, cell: (item) => item.quantity },
      ]}
    />
  );
}

function Periods({ of: s }: { of: Read }) {
  return (
    <Facts
      items={[
        [t("products.interval"), every(s.interval, s.interval_count)],
        [t("subscriptions.begin"), s.anchor === "day" ? `${label("anchor_day")}: ${number(s.anchor_day ?? 1)}` : label(`anchor_${s.anchor}`)],
        [t("subscriptions.period"), s.period_start ? t("subscriptions.fromTo", { from: time(s.period_start), to: time(s.period_end) }) : t("subscriptions.noPeriod")],
        ...(s.status === "trialing" ? [[t("subscriptions.paidFrom"), time(s.paid_from)] as const] : []),
        [t("subscriptions.next"), s.due_at ? `${time(s.due_at)} (${away(s.due_at)})` : null],
        ...(s.ends_with_period && s.status !== "canceled" ? [[t("subscriptions.ends"), time(s.period_end)] as const] : []),
        ...(s.canceled_at ? [[t("subscriptions.endedAt"), time(s.canceled_at)] as const] : []),
        [t("subscriptions.started"), time(s.starts_at)],
        [t("customers.timeZone"), s.time_zone],
        [t("subscriptions.proration"), label(`proration_${s.proration}`)],
      ]}
    />
  );
}
