// Takes back lines of an issued invoice with their tax: a credit note.

import { useState } from "react";
import { useLocation } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { decimal, exponent, minor, money } from "../format";
import { label, t } from "../i18n";
import { Choice, Field } from "../ui";

type Invoice = Schemas["Invoice"];
const DESTINATIONS: readonly Schemas["CreditDestination"][] = ["wallet", "nobody"];

/** What is left of a line to be credited, before tax. */
const left = (line: Invoice["lines"][number]): number => (line.net ?? line.amount) - line.credited;

/** Which lines are credited, and of which not all that is left. */
function linesOf(data: FormData, invoice: Invoice): Schemas["NewCreditNoteLine"][] {
  const chosen = data.getAll("lines").map(Number);
  if (chosen.length === 0) throw wrongField("lines", t("notes.noLine"));
  return chosen.map((line) => {
    const one = invoice.lines[line];
    const typed = textOf(data, `net-${line}`);
    if (!one || !typed) return { line };
    const net = minor(typed, invoice.currency);
    if (!net || net > left(one)) throw wrongField(`net-${line}`, t("wrong.amount", { currency: invoice.currency }));
    return net === left(one) ? { line } : { line, net };
  });
}

export function CreditAction({ of: i }: { of: Invoice }) {
  const [, go] = useLocation();
  const some = i.lines.some((line) => left(line) !== 0);
  return (
    <Action
      label={t("notes.do")}
      title={t("notes.title", { number: i.number ?? i.id })}
      about={t("notes.doAbout")}
      right="credit.write"
      wide
      not={(i.status === "draft" || i.status === "void" ? t("notes.notIssued") : !some) && (some ? t("notes.notIssued") : t("notes.nothing"))}
      values={(data): Schemas["CreateCreditNoteRequest"] => {
        const lines = linesOf(data, i);
        const whole = lines.every((line) => line.net === undefined) && lines.length === i.lines.filter((line) => left(line) !== 0).length;
        return { invoice: i.id, ...(whole ? {} : { lines }), to: textOf(data, "to") as Schemas["CreditDestination"], reason: maybe(data, "reason") };
      }}
      send={(body, under) => must(api.POST("/billing/v1/credit-notes", { params: { header: heads(under) }, body }))}
      changes={[["invoices"], ["credit-notes"], [`credit-notes-of-${i.id}`], ["wallets"]]}
      done={t("notes.issued")}
      then={(made: Schemas["CreditNote"]) => go(`/portal/credit-notes/${made.id}`)}
    >
      {(wrong) => (
        <>
          <fieldset className="choices">
            <legend>{t("notes.lines")}</legend>
            {i.lines.map((line, place) => left(line) !== 0 && <Line key={`${place}`} place={place} line={line} currency={i.currency} wrong={wrong[`net-${place}`]} />)}
            {wrong.lines && <span className="wrong">{wrong.lines}</span>}
          </fieldset>
          <Choice name="to" label={t("notes.to")} hint={t("notes.toHint")} options={DESTINATIONS.map((d) => [d, label(d)] as const)} />
          <Field name="reason" label={t("field.reason")} hint={t("notes.reasonHint")} maxLength={500} />
        </>
      )}
    </Action>
  );
}

/** A line, and how much of it; one below zero goes back whole. */
function Line({ place, line, currency, wrong }: { place: number; line: Invoice["lines"][number]; currency: string; wrong?: string }) {
  const [on, turn] = useState(true);
  const net = left(line);
  return (
    <div className="credit-line">
      <label>
        <input type="checkbox" name="lines" value={place} checked={on} onChange={(event) => turn(event.target.checked)} />
        <span>
          {line.description} <span className="hint">{t("notes.left", { left: money(net, currency) })}</span>
        </span>
      </label>
      {on && net > 0 && <input className="input" name={`net-${place}`} aria-label={t("notes.netOf", { what: line.description })} aria-invalid={wrong ? true : undefined} defaultValue={decimal(net, exponent(currency))} inputMode="decimal" />}
      {wrong && <span className="wrong">{wrong}</span>}
    </div>
  );
}
