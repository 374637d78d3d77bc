// What may be done with a subscription: changed, billed, ended.

import { useState } from "react";
import { useLocation } from "wouter";
import { api, heads, must, type Schemas } from "../api";
import { Changes, type Line } from "../differences";
import { Action, textOf, wrongField } from "../form";
import { number, time } from "../format";
import { label, t } from "../i18n";
import { Choice } from "../ui";
import { priceName, type Sold, useSold } from "./prices";
import { CHANGES, type Subscription } from "./subscription-list";
import { PriceChoice, unitsOf } from "./subscription-new";
import { SubscriptionPreview } from "./subscription-preview";

type When = Schemas["SubscriptionChangeTime"];
type Item = Subscription["items"][number];
const WHEN: readonly When[] = ["now", "period_end"];

export function SubscriptionActions({ of: s }: { of: Subscription }) {
  const ended = s.status === "canceled" && t("subscriptions.hasEnded");
  return (
    <>
      <ChangeAction of={s} not={ended} />
      <BillAction of={s} />
      <CancelAction of={s} not={ended} />
    </>
  );
}

/** What a form says of the items, as far as it differs from what they are. */
function changesOf(data: FormData, items: readonly Item[]): Schemas["SubscriptionItemChange"][] {
  const of = (name: string): string[] => data.getAll(name).map((one) => String(one).trim());
  const [prices, quantities] = [of("price"), of("quantity")];
  const changed = items.flatMap((item, place) => {
    const [price, quantity] = [prices[place] ?? "", unitsOf(quantities[place] ?? "", "items")];
    const other = { ...(price === item.price ? {} : { price }), ...(quantity === item.quantity ? {} : { quantity }) };
    return Object.keys(other).length > 0 ? [{ id: item.id, ...other }] : [];
  });
  // What was to come is taken off by asking for what there is.
  const waits = textOf(data, "when") === "period_end" && items.some((item) => item.pending_price ?? item.pending_quantity);
  if (changed.length === 0 && waits) return items.map(({ id, price, quantity }) => ({ id, price, quantity }));
  if (changed.length === 0) throw wrongField("items", t("roles.same"));
  return changed;
}

function ChangeAction({ of: s, not }: { of: Subscription; not: string | false }) {
  const path = { id: s.id };
  return (
    <Action
      label={t("subscriptions.change")}
      right="subscription.write"
      kind="primary"
      wide
      not={not}
      values={(data): Schemas["UpdateSubscriptionRequest"] => ({ items: changesOf(data, s.items), when: textOf(data, "when") as When })}
      send={(body) => must(api.PATCH("/billing/v1/subscriptions/{id}", { params: { path }, body }))}
      changes={CHANGES}
      done={t("subscriptions.changed")}
      after={() => (
        <>
          <p>{t("subscriptions.changedAbout")}</p>
          <SubscriptionPreview id={s.id} />
        </>
      )}
    >
      {(wrong) => <ChangeFields of={s} wrong={wrong.items} />}
    </Action>
  );
}

const said = (price: string, quantity: string, sold: Sold): string => {
  const found = sold.price(price);
  return `${quantity} × ${found ? priceName(found, sold) : price}`;
};

function ChangeFields({ of: s, wrong }: { of: Subscription; wrong?: string }) {
  const sold = useSold();
  const [items, set] = useState(() => s.items.map((item) => ({ price: item.price as string, quantity: item.quantity as string })));
  const [when, choose] = useState<string>("now");
  const put = (place: number, part: { price?: string; quantity?: string }): void => set(items.map((one, at) => (at === place ? { ...one, ...part } : one)));
  const lines = s.items.flatMap((item, place): Line[] => {
    const next = items[place];
    const before = said(item.price, item.quantity, sold);
    const after = said(next?.price ?? item.price, (next?.quantity.trim() || "1").replace(",", "."), sold);
    return before === after ? [] : [{ sign: "-", text: before }, { sign: "+", text: after }];
  });
  return (
    <>
      <fieldset className="plain" name="items">
        <legend>{t("subscriptions.items")}</legend>
        {s.items.map((item, place) => {
          const of = (what: string): string => t("subscriptions.ofItem", { what, item: number(place + 1) });
          return (
            <div key={item.id} className="rule-edit">
              <PriceChoice name="price" label={of(t("subscriptions.price"))} value={items[place]?.price ?? ""} sold={sold} fits={sold.price(item.price)} autoFocus={place === 0} change={(price) => put(place, { price })} />
              <label className="labelled units">
                <span>{t("field.quantity")}</span>
                <input className="input" name="quantity" inputMode="decimal" value={items[place]?.quantity ?? ""} aria-label={of(t("field.quantity"))} onChange={(event) => put(place, { quantity: event.target.value })} />
              </label>
            </div>
          );
        })}
        {wrong && (
          <p className="wrong" role="alert">
            {wrong}
          </p>
        )}
      </fieldset>
      <Choice name="when" label={t("subscriptions.when")} value={when} onChange={choose} options={WHEN.map((one) => [one, label(`change_${one}`)] as const)} hint={t(when === "now" ? "subscriptions.nowAbout" : "subscriptions.thenAbout", { at: time(s.period_end ?? s.due_at) })} />
      <div>
        <h3>{t("roles.review")}</h3>
        {lines.length > 0 ? <Changes lines={lines} /> : <p className="hint">{t("roles.same")}</p>}
      </div>
      <details>
        <summary>{t("subscriptions.before")}</summary>
        <div className="card">
          <SubscriptionPreview id={s.id} />
        </div>
      </details>
    </>
  );
}

function BillAction({ of: s }: { of: Subscription }) {
  const [, go] = useLocation();
  const due = s.due_at && Date.parse(s.due_at) <= Date.now();
  return (
    <Action
      label={t("subscriptions.bill")}
      title={t("subscriptions.billTitle")}
      right="billing.run"
      wide
      not={!due && t("subscriptions.notDue")}
      about={
        <>
          <p>{t("subscriptions.billAbout")}</p>
          <div className="card">
            <SubscriptionPreview id={s.id} />
          </div>
        </>
      }
      values={() => ({})}
      send={(_, under) => must(api.POST("/billing/v1/subscriptions/{id}/bill", { params: { path: { id: s.id }, header: heads(under) }, body: {} }))}
      changes={[...CHANGES, ["invoices"]]}
      done={t("subscriptions.billed")}
      then={(told: Schemas["SubscriptionBilling"]) => told.invoice && go(`/portal/invoices/${told.invoice}`)}
    />
  );
}

function CancelAction({ of: s, not }: { of: Subscription; not: string | false }) {
  // Before anything has been billed there is no period to end with.
  const possible = s.period_end && !s.ends_with_period ? (["period_end", "now"] as const) : (["now"] as const);
  const [when, choose] = useState<string>(possible[0]);
  return (
    <Action
      label={t("subscriptions.cancel")}
      title={t("subscriptions.cancelTitle")}
      confirm={t("subscriptions.cancelDo")}
      right="subscription.write"
      kind="danger"
      not={not}
      values={(data): Schemas["CancelSubscriptionRequest"] => ({ when: textOf(data, "when") as When, takes_back: data.get("takes_back") !== null })}
      send={(body, under) => must(api.POST("/billing/v1/subscriptions/{id}/cancel", { params: { path: { id: s.id }, header: heads(under) }, body }))}
      changes={CHANGES}
      done={t("subscriptions.canceled")}
    >
      <Choice name="when" label={t("subscriptions.cancelWhen")} value={possible.some((one) => one === when) ? when : possible[0]} onChange={choose} options={possible.map((one) => [one, label(`cancel_${one}`)] as const)} hint={t(when === "now" || !s.period_end ? "subscriptions.cancelNow" : "subscriptions.cancelThen", { at: time(s.period_end) })} />
      {(when === "now" || possible.length === 1) && s.period_end && (
        <label className="check">
          <input type="checkbox" name="takes_back" />
          <span>{t("subscriptions.takesBack")}</span>
        </label>
      )}
    </Action>
  );
}
