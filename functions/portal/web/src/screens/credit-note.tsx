import { useQuery } from "@tanstack/react-query";
import { Of } from "../accounts";
import { api, must } from "../api";
import { money, number, time } from "../format";
import { label, t } from "../i18n";
import { Table } from "../table";
import { Card, Facts, Failed, Head, Id, Waiting } from "../ui";
import { Documents } from "./documents";
import { treated } from "./taxes";

export default function CreditNote({ id }: { id: string }) {
  const read = useQuery({ queryKey: ["credit-notes", id], queryFn: () => must(api.GET("/billing/v1/credit-notes/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const n = read.data;
  const shown = (amount: number): string => money(amount, n.currency);
  return (
    <>
      <Head title={n.number} about={<Id value={n.id} />}>
        <Documents of="credit-notes" id={id} name={n.number} />
      </Head>
      <div className="cards two">
        <Card title={t("invoices.about1")}>
          <Facts
            items={[
              [t("field.invoice"), <Of key="i" id={n.invoice} />],
              [t("notes.invoiceNumber"), n.invoice_number],
              [t("field.customer"), <Of key="c" id={n.customer} />],
              [t("field.issued"), n.issued_on],
              [t("field.created"), time(n.created_at)],
              [t("field.reason"), n.reason],
            ]}
          />
        </Card>
        <Card title={t("notes.effect")}>
          <Facts
            items={[
              [t("field.total"), shown(n.total)],
              [t("notes.reduced"), shown(n.reduced)],
              [t("notes.returned"), shown(n.returned)],
              [t("notes.to"), label(n.to)],
            ]}
          />
        </Card>
      </div>
      <Card title={t("invoices.lines")}>
        <Table
          caption={t("invoices.lines")}
          rows={n.lines}
          cells={[
            { label: t("notes.line"), cell: (line) => number(line.line + 1) },
            { label: t("field.net"), numeric: true, cell: (line) => shown(line.net) },
          ]}
          foot={[
            [t("field.net"), shown(n.net)],
            ...n.taxes.filter(({ tax, treatment }) => tax !== 0 || treatment.category !== "O" || treatment.reason).map((tax) => [treated(tax.treatment), shown(tax.tax)] as const),
            [t("field.total"), shown(n.total)],
          ]}
        />
      </Card>
    </>
  );
}
