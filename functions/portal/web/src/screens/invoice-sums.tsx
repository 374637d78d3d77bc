// What an invoice comes to: its lines, discounts, taxes, and what has become of its total.

import type { Schemas } from "../api";
import { money, unitMoney } from "../format";
import { label, t } from "../i18n";
import { Table } from "../table";
import { About, Explained } from "./rated";
import { treated } from "./taxes";

type Invoice = Schemas["Invoice"];

export function Sums({ of: i }: { of: Invoice }) {
  const shown = (amount: number): string => money(amount, i.currency);
  const gone = (name: string, amount: number): readonly (readonly [string, string])[] => (amount === 0 ? [] : [[name, shown(-amount)]]);
  const taken = i.discounts.map((d, place) => [`${place + 1}. ${d.description ?? t("invoices.discount")}${d.percent ? ` (${d.percent} %)` : ""}`, shown(-d.taken)] as const);
  // Where nothing is set about tax there is nothing to say of it.
  const taxes = i.taxes.filter(({ tax, treatment }) => tax !== 0 || treatment.category !== "O" || treatment.reason).map((tax) => [`${treated(tax.treatment)}: ${t("taxes.on", { net: shown(tax.net) })}`, shown(tax.tax)] as const);
  const left = [...gone(t("invoices.paidPart"), i.amount_paid), ...gone(t("invoices.fromWallet"), i.amount_from_wallet), ...gone(t("invoices.credited"), i.amount_credited), ...gone(t("invoices.writtenOff"), i.amount_written_off)];
  return (
    <>
      <Table
        caption={t("invoices.lines")}
        rows={i.lines}
        cells={[
          { label: t("field.description"), cell: (line) => <About line={line} /> },
          { label: t("field.quantity"), numeric: true, cell: (line) => line.quantity_decimal },
          { label: t("field.unit"), numeric: true, cell: (line) => unitMoney(line.unit_amount, i.currency) },
          { label: t("taxes.category"), cell: (line) => (line.tax_category ? label(line.tax_category) : "") },
          { label: t("field.amount"), numeric: true, cell: (line) => shown(line.amount) },
        ]}
        foot={[
          ...(i.subtotal === i.total && taken.length === 0 ? [] : [[t("invoices.subtotal"), shown(i.subtotal)] as const]),
          ...taken,
          ...taxes,
          [t("field.total"), shown(i.total)],
          ...left,
          ...(i.status === "draft" ? [] : [[t("invoices.due"), shown(i.amount_due)] as const]),
        ]}
      />
      <Explained lines={i.lines} currency={i.currency} />
      {i.inclusive && <p className="hint">{t("invoices.inclusive")}</p>}
    </>
  );
}
