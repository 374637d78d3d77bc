// Accounts of the books with their balances, and the statement of one.

import { useSearchParams } from "wouter";
import { accountName, KINDS, Of, side, statementOf } from "../accounts";
import { api, must, type Schemas } from "../api";
import { textOf } from "../form";
import { decimal, exponent, money, time } from "../format";
import { label, t } from "../i18n";
import { type List, ListScreen, Rows } from "../list";
import { Steps } from "../signin";
import { Field, Head, Id } from "../ui";

const amount = (minor: number, currency: string): string => decimal(minor, exponent(currency));

const accounts: List<Schemas["AccountBalance"]> = {
  id: "accounts",
  title: "nav.ledger",
  about: "ledger.about",
  load: (query) => must(api.GET("/ledger/v1/accounts", { params: { query } as never })),
  key: (a) => `${a.id} ${a.currency}`,
  href: (a) => statementOf(a.id, a.currency),
  columns: [
    { id: "account", label: "ledger.account", text: (a) => a.id, cell: (a) => accountName(a.id), sort: (a) => accountName(a.id) },
    { id: "of", label: "ledger.of", text: (a) => a.of ?? "", cell: (a) => (a.of?.startsWith("cus_") ? <Of id={a.of} /> : (a.of ?? "–")), extra: true },
    { id: "at", label: "ledger.last", text: (a) => a.at, cell: (a) => time(a.at), sort: (a) => a.at },
    { id: "currency", label: "field.currency", text: (a) => a.currency, sort: (a) => a.currency },
    { id: "debit", label: "ledger.debit", text: (a) => amount(a.debit, a.currency), cell: (a) => money(a.debit, a.currency), sort: (a) => a.debit, numeric: true },
    { id: "credit", label: "ledger.credit", text: (a) => amount(a.credit, a.currency), cell: (a) => money(a.credit, a.currency), sort: (a) => a.credit, numeric: true },
    { id: "balance", label: "ledger.balance", text: (a) => amount(a.balance, a.currency), cell: (a) => side(a.balance, a.currency), sort: (a) => a.balance, numeric: true },
  ],
  filters: [{ name: "type", label: "field.type", kind: "choice", options: KINDS }],
  emptyTitle: "ledger.empty",
  emptyText: "ledger.emptyAbout",
};

export default function Ledger() {
  return <ListScreen list={accounts} />;
}

const statement = (account: string, currency: string): List<Schemas["StatementLine"]> => ({
  id: `statement-${account}-${currency}`,
  title: "ledger.statement",
  load: (query) => must(api.GET("/ledger/v1/accounts/{account}/statement", { params: { path: { account }, query: { ...query, currency: currency as Schemas["Currency"] } } as never })),
  key: (l) => `${l.number}`,
  href: (l) => `/portal/journal/${l.id}`,
  columns: [
    { id: "at", label: "field.at", text: (l) => l.at, cell: (l) => time(l.at) },
    { id: "type", label: "ledger.from", text: (l) => l.source_type, cell: (l) => label(`from_${l.source_type}`) },
    { id: "source", label: "ledger.source", text: (l) => l.source, cell: (l) => <Of id={l.source} /> },
    { id: "debit", label: "ledger.debit", text: (l) => (l.amount > 0 ? amount(l.amount, currency) : ""), cell: (l) => (l.amount > 0 ? money(l.amount, currency) : ""), numeric: true },
    { id: "credit", label: "ledger.credit", text: (l) => (l.amount < 0 ? amount(-l.amount, currency) : ""), cell: (l) => (l.amount < 0 ? money(-l.amount, currency) : ""), numeric: true },
    { id: "balance", label: "ledger.balance", text: (l) => amount(l.balance, currency), cell: (l) => side(l.balance, currency), numeric: true },
    { id: "number", label: "field.number", text: (l) => String(l.number), numeric: true, extra: true },
  ],
  emptyTitle: "ledger.noEntry",
  emptyText: "ledger.noEntryIn",
});

/** The lines of one account in one currency, which stands in the address. */
export function Statement({ account }: { account: string }) {
  const [search, change] = useSearchParams();
  const currency = search.get("currency") ?? "EUR";
  return (
    <>
      <Head title={accountName(account)} about={<Id value={account} />} />
      <section className="find" aria-label={t("field.currency")}>
        <Steps key={currency} label={t("keys.show")} submit={async (data) => change({ currency: textOf(data, "currency").toUpperCase() })}>
          <Field name="currency" label={t("field.currency")} initial={currency} required maxLength={3} mono />
        </Steps>
      </section>
      <Rows key={currency} list={statement(account, currency)} />
    </>
  );
}
