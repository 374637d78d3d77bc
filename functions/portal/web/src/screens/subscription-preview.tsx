// What the next invoice of a subscription will say, by the code that makes it.

import { useQuery } from "@tanstack/react-query";
import { api, must } from "../api";
import { money, time, unitMoney } from "../format";
import { t } from "../i18n";
import { Table } from "../table";
import { Empty, Failed, Waiting } from "../ui";
import { About, Explained } from "./rated";
import { treated } from "./taxes";

export function SubscriptionPreview({ id }: { id: string }) {
  const read = useQuery({ queryKey: ["subscription-previews", id], queryFn: () => must(api.POST("/billing/v1/subscriptions/{id}/preview", { params: { path: { id } }, body: {} })), staleTime: 0 });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const p = read.data;
  const shown = (amount: number): string => money(amount, p.currency);
  if (p.lines.length === 0) return <Empty title={t("subscriptions.nothing")} text={t("subscriptions.nothingAbout", { at: time(p.due_at) })} />;
  const taxes = p.taxes.filter(({ tax, treatment }) => tax !== 0 || treatment.category !== "O" || treatment.reason).map((tax) => [`${treated(tax.treatment)}: ${t("taxes.on", { net: shown(tax.net) })}`, shown(tax.tax)] as const);
  return (
    <>
      <p className="hint">{t("subscriptions.previewAt", { at: time(p.due_at) })}</p>
      <Table
        caption={t("subscriptions.preview")}
        rows={p.lines}
        cells={[
          { label: t("field.description"), cell: (line) => <About line={line} /> },
          { label: t("field.quantity"), numeric: true, cell: (line) => line.quantity_decimal },
          { label: t("field.unit"), numeric: true, cell: (line) => unitMoney(line.unit_amount, p.currency) },
          { label: t("field.amount"), numeric: true, cell: (line) => shown(line.amount) },
        ]}
        foot={[
          ...(taxes.length > 0 ? [[t("invoices.subtotal"), shown(p.subtotal)] as const, ...taxes] : []),
          [t("field.total"), shown(p.total)],
          ...(p.amount_due === p.total ? [] : [[t("invoices.fromWallet"), shown(p.amount_due - p.total)] as const, [t("invoices.due"), shown(p.amount_due)] as const]),
        ]}
      />
      <Explained lines={p.lines} currency={p.currency} />
    </>
  );
}
