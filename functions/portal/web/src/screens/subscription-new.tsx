// A subscription is made: for whom, at which prices, from when, and where its periods begin.

import { useState } from "react";
import { useLocation } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { useMay } from "../client";
import { Action, maybe, textOf, wrongField } from "../form";
import { number } from "../format";
import { label, t } from "../i18n";
import { current } from "../settings";
import { Button, Choice, Field } from "../ui";
import { besides, priceName, type Sold, useSold } from "./prices";
import { CHANGES, type Subscription } from "./subscription-list";

type Request = Schemas["CreateSubscriptionRequest"];
/** How many items one has at most. */
const MOST = 20;
const UNITS = /^\d{1,12}([.,]\d{1,6})?$/;

/** A quantity as the API takes it; none typed is one. */
export function unitsOf(text: string, field: string): Schemas["Units"] {
  if (text && !UNITS.test(text)) throw wrongField(field, t("subscriptions.wrongUnits"));
  return (text || "1").replace(",", ".");
}

const whole = (data: FormData, name: string): number | undefined => {
  const text = textOf(data, name);
  if (text && !/^\d{1,5}$/.test(text)) throw wrongField(name, t("wrong.number"));
  return text ? Number(text) : undefined;
};

function requestOf(data: FormData, customer: string | undefined): Request {
  const quantities = data.getAll("quantity").map((one) => String(one).trim());
  const items = data.getAll("price").map((one, place) => ({ price: String(one).trim(), quantity: unitsOf(quantities[place] ?? "", "quantity") }));
  if (items.some((one) => !one.price)) throw wrongField("price", t("subscriptions.noPrice"));
  const starts = textOf(data, "starts_at");
  return {
    customer: customer ?? textOf(data, "customer"),
    items,
    starts_at: starts ? new Date(starts + (current().zone === "utc" ? "Z" : "")).toISOString() : undefined,
    trial_days: whole(data, "trial_days"),
    anchor: textOf(data, "anchor") as Schemas["BillingAnchor"],
    anchor_day: whole(data, "anchor_day"),
    invoicing: textOf(data, "invoicing") as Schemas["Invoicing"],
    proration: textOf(data, "proration") as Schemas["ProrationBasis"],
    time_zone: maybe(data, "time_zone"),
  };
}

/** Makes one, of a customer that is known or named here. */
export function NewSubscription({ customer, kind }: { customer?: string; kind?: "primary" }) {
  const [, go] = useLocation();
  return (
    <Action
      label={t("subscriptions.create")}
      right="subscription.write"
      kind={kind}
      wide
      values={(data) => requestOf(data, customer)}
      send={(body, under) => must(api.POST("/billing/v1/subscriptions", { params: { header: heads(under) }, body }))}
      changes={CHANGES}
      done={t("subscriptions.created")}
      then={(made: Subscription) => go(`/portal/subscriptions/${made.id}`)}
    >
      {(wrong) => (
        <>
          {!customer && <Field name="customer" label={t("field.customer")} hint="cus_…" required autoFocus mono />}
          <Items wrong={wrong} first={customer !== undefined} />
          <Terms wrong={wrong} />
        </>
      )}
    </Action>
  );
}

function Terms({ wrong }: { wrong: Record<string, string> }) {
  const [anchor, choose] = useState("start");
  return (
    <div className="fields">
      <Field name="starts_at" label={t("subscriptions.starts")} hint={t("subscriptions.startsHint")} type="datetime-local" />
      <Field name="trial_days" label={t("subscriptions.trial")} hint={t("subscriptions.trialHint")} inputMode="numeric" />
      <Choice name="anchor" label={t("subscriptions.anchor")} value={anchor} onChange={choose} wrong={wrong.anchor} options={(["start", "day", "calendar"] as const).map((one) => [one, label(`anchor_${one}`)] as const)} />
      {anchor === "day" && <Field name="anchor_day" label={t("subscriptions.anchorDay")} hint={t("subscriptions.anchorDayHint")} inputMode="numeric" required />}
      <Choice name="invoicing" label={t("subscriptions.invoicing")} wrong={wrong.invoicing} options={(["issue", "draft"] as const).map((one) => [one, label(`invoicing_${one}`)] as const)} />
      <Choice name="proration" label={t("subscriptions.proration")} wrong={wrong.proration} options={(["day", "second"] as const).map((one) => [one, label(`proration_${one}`)] as const)} />
      <Field name="time_zone" label={t("customers.timeZone")} hint={t("subscriptions.zoneHint")} mono />
    </div>
  );
}

let keys = 0;
interface Row {
  key: number;
  price: string;
}
function Items({ wrong, first }: { wrong: Record<string, string>; first: boolean }) {
  const sold = useSold();
  const [rows, set] = useState<readonly Row[]>(() => [{ key: keys++, price: "" }]);
  const chosen = rows.map((row) => sold.price(row.price)).find((one) => one !== undefined);
  return (
    <fieldset className="plain">
      <legend>{t("subscriptions.items")}</legend>
      {rows.map((row, place) => {
        const of = (what: string): string => t("subscriptions.ofItem", { what, item: number(place + 1) });
        return (
          <div key={row.key} className="rule-edit">
            <PriceChoice
              name="price"
              label={of(t("subscriptions.price"))}
              value={row.price}
              sold={sold}
              // The first one says in which currency and how often all others are.
              fits={place === 0 ? undefined : chosen}
              autoFocus={first && place === 0}
              change={(price) => set(rows.map((one) => (one.key === row.key ? { ...one, price } : one)))}
            />
            <label className="labelled units">
              <span>{t("field.quantity")}</span>
              <input className="input" name="quantity" inputMode="decimal" defaultValue="1" aria-label={of(t("field.quantity"))} />
            </label>
            {rows.length > 1 && (
              <Button kind="quiet" aria-label={of(t("remove"))} onPress={() => set(rows.filter((one) => one.key !== row.key))}>
                {t("remove")}
              </Button>
            )}
          </div>
        );
      })}
      {(wrong.price ?? wrong.quantity) && (
        <p className="wrong" role="alert">
          {wrong.price ?? wrong.quantity}
        </p>
      )}
      {rows.length < MOST && (
        <div className="row">
          <Button onPress={() => set([...rows, { key: keys++, price: "" }])}>{t("subscriptions.addItem")}</Button>
        </div>
      )}
    </fieldset>
  );
}

interface PriceChoiceProps {
  name: string;
  label: string;
  value: string;
  sold: Sold;
  /** Only prices that this one can stand beside. */
  fits?: ReturnType<Sold["price"]>;
  autoFocus?: boolean;
  change: (price: string) => void;
}

/** A price by what it is of; by its id for whoever may not read what is sold. */
export function PriceChoice({ name, label: text, value, sold, fits, autoFocus, change }: PriceChoiceProps) {
  const may = useMay()("catalog.read");
  if (!may)
    return (
      <label className="labelled price">
        <span>{t("subscriptions.price")}</span>
        <input className="input mono" name={name} aria-label={text} placeholder="price_…" required autoFocus={autoFocus} value={value} onChange={(event) => change(event.target.value)} />
      </label>
    );
  // What is archived stays where it is.
  const own = sold.price(value);
  const prices = sold.recurring.filter((p) => !fits || besides(p, fits));
  return (
    <label className="labelled price">
      <span>{t("subscriptions.price")}</span>
      <select className="input" name={name} aria-label={text} required autoFocus={autoFocus} value={value} onChange={(event) => change(event.target.value)}>
        <option value="">{t("subscriptions.choosePrice")}</option>
        {own && !prices.includes(own) && <option value={own.id}>{priceName(own, sold)}</option>}
        {prices.map((p) => (
          <option key={p.id} value={p.id}>
            {priceName(p, sold)}
          </option>
        ))}
      </select>
    </label>
  );
}
