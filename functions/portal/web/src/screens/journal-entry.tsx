import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { accountName, effectName, Of, statementOf } from "../accounts";
import { api, must } from "../api";
import { useMay } from "../client";
import { money, time } from "../format";
import { label, t } from "../i18n";
import { Table } from "../table";
import { Card, Facts, Failed, Head, Id, Waiting } from "../ui";

export default function JournalEntry({ id }: { id: string }) {
  const may = useMay();
  const read = useQuery({ queryKey: ["journal", id], queryFn: () => must(api.GET("/ledger/v1/journal/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const e = read.data;
  return (
    <>
      <Head title={`${label(`from_${e.source_type}`)}: ${effectName(e.effect)}`} about={<Id value={e.id} />} />
      <Card title={t("invoices.about1")}>
        <Facts
          items={[
            [t("field.at"), time(e.at)],
            [t("ledger.source"), <Of key="s" id={e.source} />],
            [t("field.reason"), e.reason],
          ]}
        />
      </Card>
      <Card title={t("journal.lines")}>
        <Table
          caption={t("journal.lines")}
          rows={e.lines}
          cells={[
            { label: t("ledger.account"), cell: (line) => <Link href={statementOf(line.account, line.currency)}>{accountName(line.account)}</Link> },
            { label: t("ledger.debit"), numeric: true, cell: (line) => line.amount > 0 && money(line.amount, line.currency) },
            { label: t("ledger.credit"), numeric: true, cell: (line) => line.amount < 0 && money(-line.amount, line.currency) },
          ]}
        />
        <p className="hint">{t("journal.idAbout")}</p>
      </Card>
      {may("audit.read") && (
        <p>
          <Link href={`/portal/audit?object=${e.source_type === "manual" ? e.id : e.source}`}>{t("audit.ofThis")}</Link>
        </p>
      )}
    </>
  );
}
