// A price is made: of which kind, what units, tiers or packages cost, and how often. What quantities cost is shown while it is typed.

import { type FormEvent, useState } from "react";
import { api, heads, must, Refused, type Schemas } from "../api";
import { Action, maybe, textOf, wrongField } from "../form";
import { money, number } from "../format";
import { label, t } from "../i18n";
import { costs } from "../reckon";
import { Table } from "../table";
import { Button, Choice, Field } from "../ui";

type Request = Schemas["CreatePriceRequest"];
type Scheme = Schemas["BillingScheme"];
const SCHEMES: readonly Scheme[] = ["flat", "per_unit", "graduated", "volume", "package"];
const INTERVALS: readonly Schemas["BillingInterval"][] = ["day", "week", "month", "quarter", "half_year", "year"];
/** How many tiers one has at most. */
const MOST = 50;
const AMOUNT = /^\d{1,12}(\.\d{1,12})?$/;
const UNITS = /^\d{1,12}(\.\d{1,6})?$/;
/** For how many units the cost is shown. */
const SHOWN = ["1", "10", "100", "1000"];

const tiered = (scheme: string): boolean => scheme === "graduated" || scheme === "volume";
const plain = (text: string): string => text.trim().replace(",", ".");

function tiersOf(data: FormData): Schemas["PriceTier"][] {
  const of = (name: string): string[] => data.getAll(name).map((one) => plain(String(one)));
  const [ends, amounts, flats] = [of("up_to"), of("tier_amount"), of("tier_flat")];
  return amounts.map((unit_amount, place) => {
    const [up_to, flat_amount] = [ends[place], flats[place]];
    const whole = AMOUNT.test(unit_amount) && (!flat_amount || AMOUNT.test(flat_amount)) && (place === amounts.length - 1 || UNITS.test(up_to ?? ""));
    if (!whole) throw wrongField("tiers", t("prices.wrongTier", { tier: number(place + 1) }));
    return { unit_amount, ...(up_to ? { up_to } : {}), ...(flat_amount ? { flat_amount } : {}) };
  });
}

function requestOf(data: FormData, product: string): Request {
  const scheme = textOf(data, "billing_scheme") as Scheme;
  const [interval, count] = [maybe(data, "interval"), maybe(data, "interval_count")];
  if (count && !/^\d{1,4}$/.test(count)) throw wrongField("interval_count", t("wrong.number"));
  const amount = plain(textOf(data, "unit_amount"));
  if (!tiered(scheme) && !AMOUNT.test(amount)) throw wrongField("unit_amount", t("products.noAmount"));
  const units = (name: string): string | undefined => {
    const text = plain(textOf(data, name));
    if (text && !UNITS.test(text)) throw wrongField(name, t("subscriptions.wrongUnits"));
    return text || undefined;
  };
  return {
    product: product as Schemas["ProductId"],
    currency: textOf(data, "currency").toUpperCase() as Schemas["Currency"],
    billing_scheme: scheme,
    ...(tiered(scheme) ? { tiers: tiersOf(data) } : { unit_amount: amount }),
    ...(scheme === "package" ? { package_size: units("package_size"), free_units: units("free_units") } : {}),
    kind: textOf(data, "kind") as Schemas["PriceKind"],
    ...(interval ? { interval: interval as Schemas["BillingInterval"] } : {}),
    ...(interval && count ? { interval_count: Number(count) } : {}),
  };
}

export function NewPrice({ product, not, changes }: { product: string; not: string | false; changes: readonly (readonly unknown[])[] }) {
  return (
    <Action
      label={t("products.newPrice")}
      right="catalog.write"
      wide
      not={not}
      values={(data) => requestOf(data, product)}
      send={(body, under) => must(api.POST("/billing/v1/prices", { params: { header: heads(under) }, body }))}
      changes={[...changes, ["sold"]]}
      done={t("products.priceCreated")}
    >
      {(wrong) => <PriceFields wrong={wrong} product={product} />}
    </Action>
  );
}

function PriceFields({ wrong, product }: { wrong: Record<string, string>; product: string }) {
  const [kind, choose] = useState("one_off");
  const [scheme, count] = useState<string>("flat");
  const [typed, type] = useState<Request>();
  const look = (event: FormEvent<HTMLElement>): void => {
    const form = event.currentTarget.closest("form");
    // What is not whole yet costs nothing yet.
    try {
      type(form ? requestOf(new FormData(form), product) : undefined);
    } catch (why) {
      if (!(why instanceof Refused)) throw why;
      type(undefined);
    }
  };
  return (
    <div className="form" onInput={look}>
      <Choice name="billing_scheme" label={t("products.scheme")} value={scheme} onChange={count} wrong={wrong.billing_scheme} options={SCHEMES.map((s) => [s, label(s)] as const)} />
      {tiered(scheme) ? <Tiers wrong={wrong.tiers} /> : <Field name="unit_amount" label={t(scheme === "package" ? "prices.packageAmount" : "products.amount")} hint={t("products.amountHint")} required autoFocus inputMode="decimal" />}
      <div className="fields">
        {scheme === "package" && (
          <>
            <Field name="package_size" label={t("prices.size")} required inputMode="decimal" />
            <Field name="free_units" label={t("prices.free")} hint={t("prices.freeHint")} inputMode="decimal" />
          </>
        )}
        <Field name="currency" label={t("field.currency")} initial="EUR" required maxLength={3} mono />
        <Choice name="kind" label={t("field.type")} value={kind} onChange={choose} options={(["one_off", "recurring"] as const).map((k) => [k, label(k)] as const)} />
        {kind === "recurring" && (
          <>
            <Choice name="interval" label={t("products.interval")} initial="month" wrong={wrong.interval} options={INTERVALS.map((i) => [i, label(i)] as const)} />
            <Field name="interval_count" label={t("prices.intervals")} hint={t("prices.intervalsHint")} inputMode="numeric" />
          </>
        )}
      </div>
      {typed && scheme !== "flat" && <Costs of={typed} />}
    </div>
  );
}

/** What some quantities cost at what is typed. */
function Costs({ of }: { of: Request }) {
  const tiers = of.tiers ?? [];
  const price = { ...of, unit_amount: of.unit_amount ?? tiers[0]?.unit_amount ?? "0", tiers };
  const rows = SHOWN.map((units) => ({ units, cost: costs(price, units) }));
  if (!/^[A-Z]{3}$/.test(of.currency)) return null;
  return (
    <Table
      caption={t("prices.costs")}
      rows={rows}
      cells={[
        { label: t("field.quantity"), numeric: true, cell: ({ units }) => number(Number(units)) },
        { label: t("prices.costs"), numeric: true, cell: ({ cost }) => (cost === undefined ? "–" : money(cost, of.currency)) },
      ]}
    />
  );
}

let keys = 0;
function Tiers({ wrong }: { wrong?: string }) {
  const [rows, set] = useState(() => [keys++, keys++]);
  return (
    <fieldset className="plain" name="tiers">
      <legend>{t("prices.tiersOf")}</legend>
      {rows.map((key, place) => {
        const of = (what: string): string => t("prices.ofTier", { what, tier: number(place + 1) });
        const last = place === rows.length - 1;
        return (
          <div key={key} className="rule-edit">
            <label className="labelled">
              <span>{t(last ? "prices.more" : "prices.upTo")}</span>
              {last ? <input type="hidden" name="up_to" value="" /> : null}
              <input className="input" name={last ? undefined : "up_to"} aria-label={of(t("prices.upTo"))} inputMode="decimal" disabled={last} placeholder={last ? "∞" : undefined} />
            </label>
            <label className="labelled">
              <span>{t("field.unit")}</span>
              <input className="input" name="tier_amount" aria-label={of(t("field.unit"))} required inputMode="decimal" autoFocus={place === 0} />
            </label>
            <label className="labelled">
              <span>{t("prices.entering")}</span>
              <input className="input" name="tier_flat" aria-label={of(t("prices.entering"))} inputMode="decimal" />
            </label>
            {rows.length > 1 && (
              <Button kind="quiet" aria-label={of(t("remove"))} onPress={() => set(rows.filter((one) => one !== key))}>
                {t("remove")}
              </Button>
            )}
          </div>
        );
      })}
      <span className="hint">{t("products.amountHint")}</span>
      {wrong && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      {rows.length < MOST && (
        <div className="row">
          {/* Before the last, which has no end. */}
          <Button onPress={() => set([...rows.slice(0, -1), keys++, ...rows.slice(-1)])}>{t("prices.addTier")}</Button>
        </div>
      )}
    </fieldset>
  );
}
