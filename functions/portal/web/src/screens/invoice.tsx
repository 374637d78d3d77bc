import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { Of } from "../accounts";
import { api, asked, must, type Schemas, unreadable } from "../api";
import { useMay } from "../client";
import { time } from "../format";
import { label, t } from "../i18n";
import { Rows } from "../list";
import { Button, Card, Facts, Failed, Head, Id, State, Waiting } from "../ui";
import { Documents } from "./documents";
import { InvoiceActions } from "./invoice-actions";
import { Sums } from "./invoice-sums";
import { creditNotesOf } from "./lists";

export default function Invoice({ id }: { id: string }) {
  const may = useMay();
  const read = useQuery({
    queryKey: ["invoices", id],
    queryFn: async () => (await must(api.GET("/billing/v1/invoices/{id}", { params: { path: { id } } }))) as Schemas["Invoice"],
  });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const i = read.data;
  return (
    <>
      <Head
        title={
          <>
            {i.number ?? t("invoices.draft")} <State value={i.status} />
          </>
        }
        about={<Id value={i.id} />}
      >
        {i.status !== "draft" && <Documents of="invoices" id={id} name={i.number ?? i.id} />}
        <InvoiceActions of={i} />
      </Head>
      <div className="cards two">
        <Card title={t("invoices.about1")} actions={<Printed id={id} name={i.number ?? i.id} />}>
          <Facts
            items={[
              [t("field.customer"), <Of key="c" id={i.customer} />],
              ...(i.subscription ? [[t("field.subscription"), <Of key="s" id={i.subscription} />] as const] : []),
              [t("field.reference"), i.reference],
              [t("invoices.order"), i.purchase_order],
              [t("field.memo"), i.memo],
              ...Object.entries(i.metadata ?? {}).map(([name, value]) => [name, String(value)] as const),
            ]}
          />
        </Card>
        <Card title={t("invoices.dates")}>
          <Facts
            items={[
              [t("field.created"), time(i.created_at)],
              [t("field.issued"), i.issued_on],
              [t("field.finalized"), time(i.finalized_at)],
              [t("field.dueOn"), i.due_on],
              [t("field.paid"), time(i.paid_at)],
              [
                t("field.payment"),
                i.payment ? (
                  <>
                    <Of id={i.payment.id} /> <State value={i.payment.status} /> {i.payment.decline_code && label(i.payment.decline_code)}
                  </>
                ) : null,
              ],
            ]}
          />
        </Card>
      </div>
      <Card title={t("invoices.lines")}>
        <Sums of={i} />
        {i.status === "draft" && <p className="hint">{t("invoices.beforeTax")}</p>}
      </Card>
      {i.status !== "draft" && (
        <Card title={t("nav.notes")}>
          <Rows compact list={creditNotesOf(id)} />
        </Card>
      )}
      {i.status !== "draft" && may("ledger.read") && (
        <p>
          <Link href={`/portal/journal?source=${i.id}`}>{t("ledger.ofThis")}</Link>
        </p>
      )}
    </>
  );
}

/** The invoice as it is sent, with seller and buyer: it is saved, as the page's policy frames nothing. */
function Printed({ id, name }: { id: string; name: string }) {
  const [busy, work] = useState(false);
  const [error, fail] = useState<unknown>();
  const save = async (): Promise<void> => {
    const answer = await asked(`/billing/v1/invoices/${id}`, "text/html");
    if (!answer.ok) throw await unreadable(answer);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `${name.replace(/[^\w.-]/g, "-")}.html`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <>
      <Button
        isPending={busy}
        onPress={() => {
          work(true);
          fail(undefined);
          save()
            .catch(fail)
            .finally(() => work(false));
        }}
      >
        {t("invoices.print")}
      </Button>
      {error !== undefined && <Failed error={error} />}
    </>
  );
}
