import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { useMay } from "../client";
import { Action } from "../form";
import { money, number, time } from "../format";
import { label, t } from "../i18n";
import { Card, Facts, Failed, Head, Id, State, Waiting } from "../ui";

export default function Invoice({ id }: { id: string }) {
  const may = useMay();
  const read = useQuery({
    queryKey: ["invoices", id],
    queryFn: async () => (await must(api.GET("/billing/v1/invoices/{id}", { params: { path: { id } } }))) as Schemas["Invoice"],
  });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const i = read.data;
  const path = { params: { path: { id } } };
  const changes = [["invoices"], ["payments"]];
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
        <Action
          label={t("invoices.finalize")}
          about={t("invoices.finalizeAbout")}
          right="invoice.finalize"
          kind="primary"
          not={i.status !== "draft" && t("invoices.notDraft")}
          values={() => ({})}
          send={(_, under) => must(api.POST("/billing/v1/invoices/{id}/finalize", { params: { ...path.params, header: heads(under) }, body: {} }))}
          changes={changes}
          done={t("invoices.finalized")}
        />
        <Action
          label={t("invoices.pay")}
          about={t("invoices.payAbout", { total: money(i.total, i.currency) })}
          right="payment.write"
          not={i.status !== "open" && t("invoices.notOpen")}
          values={() => ({})}
          send={(_, under) => must(api.POST("/billing/v1/invoices/{id}/pay", { params: { ...path.params, header: heads(under) }, body: {} }))}
          changes={changes}
          done={t("invoices.paid")}
        />
      </Head>
      <div className="cards two">
        <Card title={t("invoices.about1")}>
          <Facts
            items={[
              [t("field.customer"), may("customer.read") ? <Link href={`/portal/customers/${i.customer}`}>{i.customer}</Link> : i.customer],
              [t("field.total"), money(i.total, i.currency)],
              [t("field.reference"), i.reference],
              [t("field.memo"), i.memo],
            ]}
          />
        </Card>
        <Card title={t("invoices.dates")}>
          <Facts
            items={[
              [t("field.created"), time(i.created_at)],
              [t("field.finalized"), time(i.finalized_at)],
              [t("field.paid"), time(i.paid_at)],
              [
                t("field.payment"),
                i.payment ? (
                  <>
                    <Link href={`/portal/payments/${i.payment.id}`}>{i.payment.id}</Link> <State value={i.payment.status} /> {i.payment.decline_code && label(i.payment.decline_code)}
                  </>
                ) : null,
              ],
            ]}
          />
        </Card>
      </div>
      <Card title={t("invoices.lines")}>
        <div className="scroll">
          <table>
            <caption className="unseen">{t("invoices.lines")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("field.description")}</th>
                <th scope="col" className="numeric">
                  {t("field.quantity")}
                </th>
                <th scope="col" className="numeric">
                  {t("field.unit")}
                </th>
                <th scope="col" className="numeric">
                  {t("field.amount")}
                </th>
              </tr>
            </thead>
            <tbody>
              {i.lines.map((line, place) => (
                // Lines have no id; what is finalized does not change.
                <tr key={`${place}`}>
                  <td data-label={t("field.description")}>{line.description}</td>
                  <td data-label={t("field.quantity")} className="numeric">
                    {number(line.quantity)}
                  </td>
                  <td data-label={t("field.unit")} className="numeric">
                    {line.unit_amount}
                  </td>
                  <td data-label={t("field.amount")} className="numeric">
                    {money(line.amount, i.currency)}
                  </td>
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row" colSpan={3}>
                  {t("field.total")}
                </th>
                <td className="numeric" data-label={t("field.total")}>
                  <strong>{money(i.total, i.currency)}</strong>
                </td>
              </tr>
            </tfoot>
          </table>
        </div>
        <p className="hint">{t("invoices.unitHint", { currency: i.currency })}</p>
      </Card>
    </>
  );
}
