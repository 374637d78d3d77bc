// Entries of the books, and one that somebody writes, which a second person approves.

import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useLocation } from "wouter";
import { accountName, effectName, KINDS, Of } from "../accounts";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { minor, money, number, time } from "../format";
import { label, t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Button, Field } from "../ui";

type Entry = Schemas["JournalEntry"];
/** As many lines as an entry has at most. */
const MOST = 20;

const sum = (entry: Entry): string => {
  const by = new Map<string, number>();
  for (const { amount, currency } of entry.lines) if (amount > 0) by.set(currency, (by.get(currency) ?? 0) + amount);
  return [...by].map(([currency, all]) => money(all, currency)).join(", ");
};

const journal: List<Entry> = {
  id: "journal",
  title: "nav.journal",
  about: "journal.about",
  load: (query) => must(api.GET("/ledger/v1/journal", { params: { query } as never })),
  key: (e) => e.id,
  href: (e) => `/portal/journal/${e.id}`,
  columns: [
    { id: "at", label: "field.at", text: (e) => e.at, cell: (e) => time(e.at), sort: (e) => e.at },
    { id: "type", label: "ledger.from", text: (e) => e.source_type, cell: (e) => label(`from_${e.source_type}`), sort: (e) => e.source_type },
    { id: "effect", label: "ledger.effect", text: (e) => e.effect, cell: (e) => effectName(e.effect) },
    { id: "source", label: "ledger.source", text: (e) => e.source, cell: (e) => <Of id={e.source} /> },
    { id: "accounts", label: "ledger.accounts", text: (e) => e.lines.map((l) => l.account).join(" "), cell: (e) => [...new Set(e.lines.map((l) => label(l.account.split(".")[0] ?? "")))].join(", ") },
    { id: "reason", label: "field.reason", text: (e) => e.reason ?? "", extra: true },
    { id: "id", label: "field.id", text: (e) => e.id, cell: (e) => <code>{e.id}</code>, extra: true },
    { id: "sum", label: "ledger.sum", text: sum, numeric: true },
  ],
  filters: [
    { name: "from", label: "field.from", kind: "day" },
    { name: "to", label: "field.to", kind: "day", end: true },
    { name: "source", label: "ledger.source", kind: "text", mono: true },
  ],
  emptyTitle: "ledger.noEntry",
  emptyText: "journal.emptyAbout",
};

export default function Journal() {
  const [, go] = useLocation();
  return (
    <ListScreen
      list={journal}
      actions={
        <Action
          label={t("journal.write")}
          about={t("journal.writeAbout")}
          right="ledger.post"
          kind="primary"
          wide
          values={entryOf}
          send={(body, under) => must(api.POST("/ledger/v1/journal", { params: { header: heads(under) }, body }))}
          changes={[["journal"], ["accounts"], ["trial-balance"]]}
          done={t("journal.written")}
          then={(made: Entry) => go(`/portal/journal/${made.id}`)}
        >
          {(wrong) => (
            <>
              <Field name="reason" label={t("field.reason")} hint={t("refund.reasonHint")} required autoFocus maxLength={500} />
              <Lines wrong={wrong.lines} />
              <Field name="at" label={t("journal.dated")} hint={t("journal.datedHint")} type="datetime-local" />
            </>
          )}
        </Action>
      }
    />
  );
}

/** What was typed, where it is whole and its lines meet in each currency. */
function entryOf(data: FormData): Schemas["PostJournalEntryRequest"] {
  const [accounts, sides, amounts, currencies] = (["lines", "side", "amount", "currency"] as const).map((name) => data.getAll(name).map((one) => String(one).trim())) as [string[], string[], string[], string[]];
  const lines = accounts.map((account, place): Schemas["NewJournalLine"] => {
    const currency = (currencies[place] ?? "").toUpperCase();
    const amount = minor(amounts[place] ?? "", currency);
    if (!account || !amount) throw wrongField("lines", t("journal.lineWrong", { line: number(place + 1) }));
    return { account: account as Schemas["Account"], currency: currency as Schemas["Currency"], amount: sides[place] === "credit" ? -amount : amount };
  });
  const sums = new Map<string, number>();
  for (const { currency, amount } of lines) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  for (const [currency, left] of sums) if (left !== 0) throw wrongField("lines", t("journal.unbalanced", { left: money(Math.abs(left), currency) }));
  const at = maybe(data, "at");
  return { reason: textOf(data, "reason"), lines, ...(at ? { at: new Date(at).toISOString() } : {}) };
}

let keys = 0;
function Lines({ wrong }: { wrong?: string }) {
  const [lines, set] = useState(() => [keys++, keys++]);
  const known = useQuery({ queryKey: ["accounts", "names"], queryFn: () => must(api.GET("/ledger/v1/accounts", { params: { query: { limit: 100 } } })) });
  const names = useId();
  const accounts = [...new Set([...(known.data?.data ?? []).map((a) => a.id as string), ...KINDS.filter((kind) => ["bank", "chargebacks", "refunds", "write_offs", "rounding", "opening_balance", "suspense"].includes(kind))])];
  return (
    <fieldset className="plain">
      <legend>{t("journal.lines")}</legend>
      <datalist id={names}>
        {accounts.map((id) => (
          <option key={id} value={id}>
            {accountName(id)}
          </option>
        ))}
      </datalist>
      {lines.map((key, place) => {
        const of = (what: string): string => t("journal.ofLine", { what, line: number(place + 1) });
        return (
          <div key={key} className="rule-edit">
            <input className="input mono" name="lines" list={names} required aria-label={of(t("ledger.account"))} placeholder={t("ledger.account")} />
            <select className="input" name="side" aria-label={of(t("ledger.side"))} defaultValue={place === 0 ? "debit" : "credit"}>
              <option value="debit">{t("ledger.debit")}</option>
              <option value="credit">{t("ledger.credit")}</option>
            </select>
            <input className="input" name="amount" required inputMode="decimal" aria-label={of(t("field.amount"))} placeholder={t("field.amount")} />
            <input className="input mono" name="currency" required maxLength={3} defaultValue="EUR" aria-label={of(t("field.currency"))} />
            {lines.length > 2 && (
              <Button kind="quiet" aria-label={of(t("remove"))} onPress={() => set(lines.filter((one) => one !== key))}>
                {t("remove")}
              </Button>
            )}
          </div>
        );
      })}
      {wrong && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      {lines.length < MOST && (
        <div className="row">
          <Button onPress={() => set([...lines, keys++])}>{t("journal.another")}</Button>
        </div>
      )}
    </fieldset>
  );
}
