// What a version of the rules of risk says, whole and beside another one, for whoever writes it and for whoever approves it.

import { useId, useState } from "react";
import { call, Refused, type Schemas } from "./api";
import { Changes, type Line } from "./differences";
import { maybe, textOf, wrongField } from "./form";
import { minor, money, number } from "./format";
import { label, t } from "./i18n";
import { current, locale } from "./settings";
import { Steps } from "./signin";
import { Table } from "./table";
import { announce, Button, Card, Choice, Empty, Facts, Field, State } from "./ui";

export type Rule = Schemas["RiskRule"];
export const DECISIONS = ["allow", "block", "review", "challenge"] as const;
export type Decision = (typeof DECISIONS)[number];

/** A rule with a condition. */
export interface Conditional {
  id: string;
  about?: string | null;
  when: string;
  points?: number | null;
  decision?: Decision | null;
  checks_only?: boolean | null;
}
/** What is judged by. */
export interface Says {
  rules: readonly Rule[];
  conditions: readonly Conditional[];
  block_from: number;
}
export type Version = Omit<Schemas["RiskRulesOfVersion"], keyof Says> & Says;
export const version = (read: Schemas["RiskRulesOfVersion"]): Version => read as unknown as Version;

export interface Reason {
  code: string;
  rule?: string | null;
  detail: string;
  points?: number | null;
  decision?: string | null;
  value?: string | null;
}

/** A text whose every character is seen: what is invisible or turns the order of others around stands as its escape, which means the same in a condition. */
export const plain = (text: string): string => text.replace(/[\p{Cf}\p{Zl}\p{Zp}]|[^\S \n\t]/gu, (found) => Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""));

const signed = (value: number): string => new Intl.NumberFormat(locale(), { signDisplay: "exceptZero" }).format(value);

export const limited = ({ limit }: Rule): string =>
  limit.amount ? t("rules.amount", { most: money(limit.amount.most, limit.amount.currency) }) : limit.payments ? t("rules.payments", { most: number(limit.payments.most), of: label(`of_${limit.payments.of}`) }) : "–";

/** What a rule does where its condition holds. */
export function effect({ points, decision, checks_only }: Conditional): string {
  const does = [...(typeof points === "number" ? [t("rules.points", { points: signed(points) })] : []), ...(decision ? [label(`decides_${decision}`)] : [])].join(", ");
  return `${does || "–"}${checks_only ? ` (${t("rules.checksOnly")})` : ""}`;
}

/** A line for each thing that a version says. A condition and what it is for have lines of their own, so that neither can pass for the other. */
const lines = ({ rules, conditions, block_from }: Says): string[] => [
  ...rules.map((rule) => `${rule.id}: ${limited(rule)}${rule.about ? ` (${plain(rule.about)})` : ""}`),
  ...conditions.map((one) => [`${one.id}: ${effect(one)}`, `${t("rules.when")}: ${plain(one.when)}`, ...(one.about ? [`${t("field.description")}: ${plain(one.about)}`] : [])].join("\n")),
  `${t("rules.blockFrom")}: ${number(block_from)}`,
];

export function between(before: Says, after: Says): Line[] {
  const [was, is] = [lines(before), lines(after)];
  return [...was.filter((one) => !is.includes(one)).map((text) => ({ sign: "-" as const, text })), ...is.filter((one) => !was.includes(one)).map((text) => ({ sign: "+" as const, text }))];
}

/** What a version changes of what is in force. */
export function Compared({ live, of }: { live: Says; of: Says }) {
  const found = between(live, of);
  return found.length > 0 ? <Changes lines={found} /> : <p className="hint">{t("rules.same")}</p>;
}

/** All that a version says. */
export function Whole({ title, of }: { title: string; of: Says }) {
  return (
    <>
      {of.rules.length === 0 && of.conditions.length === 0 && <Empty title={t("rules.none")} text={t("rules.noneAbout")} />}
      {of.rules.length > 0 && (
        <Table
          wide
          caption={`${title}: ${t("rules.limits")}`}
          rows={of.rules}
          cells={[
            { label: t("field.rule"), cell: (rule) => <code>{rule.id}</code> },
            { label: t("rules.limit"), cell: (rule) => limited(rule) },
            { label: t("field.description"), cell: (rule) => rule.about && plain(rule.about) },
          ]}
        />
      )}
      {of.conditions.length > 0 && (
        <Table
          wide
          caption={`${title}: ${t("rules.conditions")}`}
          rows={of.conditions}
          cells={[
            { label: t("field.rule"), cell: (one) => <code>{one.id}</code> },
            { label: t("rules.effect"), cell: (one) => effect(one) },
            { label: t("rules.when"), cell: (one) => <code className="whole">{plain(one.when)}</code> },
            { label: t("field.description"), cell: (one) => one.about && plain(one.about) },
          ]}
        />
      )}
      <Facts items={[[t("rules.blockFrom"), number(of.block_from)]]} />
    </>
  );
}

/** What a payment or a check comes to. */
export const Outcome = ({ of }: { of: string }) => <State value={of === "review" || of === "challenge" ? `to_${of}` : of} />;

/** By which version of the rules. */
export const ruled = (version: number | null | undefined): string | null => (version == null ? null : version === 0 ? t("rules.shipped") : t("rules.tryVersion", { version: number(version) }));

/** What a score is made of, and the sum of it; none where the points were not kept. */
export function Reasons({ of }: { of: readonly Reason[] }) {
  if (of.length === 0) return <Empty title={t("checks.noReason")} text={t("checks.noReasonAbout")} />;
  const points = of.map((r) => r.points).filter((one) => typeof one === "number");
  return (
    <Table
      wide
      caption={t("checks.reasons")}
      rows={of}
      cells={[
        { label: t("field.reason"), cell: (r) => (r.code === "rule" ? t("rules.holds") : label(r.code)) },
        { label: t("field.rule"), cell: (r) => r.rule && <code>{r.rule}</code> },
        { label: t("field.detail"), cell: (r) => plain(r.detail) },
        { label: t("rules.value"), cell: (r) => r.value && <code className="whole">{plain(r.value)}</code> },
        { label: t("rules.effect"), cell: (r) => [...(r.decision ? [label(`decides_${r.decision}`)] : []), ...(typeof r.points === "number" && (r.points !== 0 || !r.decision) ? [signed(r.points)] : [])].join(", "), numeric: true },
      ]}
      foot={points.length > 0 ? [[t("checks.sum"), number(points.reduce((all, one) => all + one, 0))]] : []}
    />
  );
}

interface Trial {
  score: number;
  outcome: string;
  reasons: Reason[];
  outcome_now: string;
  score_now: number;
}
/** What is being written: as it would be sent, or why it cannot be; and who shows what is wrong with it. */
export interface Edited {
  says?: Says;
  not?: string;
  refused: (why: Refused) => void;
}

/** What a version, or what is being written, would say of a payment that is not made. */
export function Try({ live, latest, edited }: { live: number; latest: number; edited?: Edited }) {
  const [open, show] = useState(false);
  const [trial, got] = useState<Trial>();
  const [wrong, tell] = useState<string>();
  const heading = useId();
  if (!open)
    return (
      <div className="row">
        <Button onPress={() => show(true)}>{t("rules.try")}</Button>
      </div>
    );
  const others = Array.from({ length: latest + 1 }, (_, n) => latest - n).filter((n) => n !== live);
  const which = [
    ...(edited ? [["edited", t("rules.tryEdited")] as const] : []),
    ["", t("rules.live")] as const,
    ...others.map((n) => [String(n), n === 0 ? t("rules.shipped") : t("rules.tryVersion", { version: number(n) })] as const),
  ];
  const go = async (data: FormData): Promise<void> => {
    got(undefined);
    const of = textOf(data, "version");
    const not = of === "edited" && !edited?.says ? edited?.not : undefined;
    tell(not);
    if (not !== undefined) return;
    const currency = textOf(data, "currency").toUpperCase();
    const amount = minor(textOf(data, "amount"), currency);
    if (!amount) throw wrongField("amount", t("wrong.amount", { currency }));
    const at = textOf(data, "at");
    const capture = textOf(data, "capture");
    const metadata = pairs(textOf(data, "metadata"));
    const body = {
      ...(of === "edited" ? edited?.says : of ? { version: of } : {}),
      customer: textOf(data, "customer"),
      payment_method: maybe(data, "payment_method"),
      amount,
      currency,
      check: textOf(data, "as") === "check",
      ...(at ? { at: new Date(at + (current().zone === "utc" ? "Z" : "")).toISOString() } : {}),
      ...(capture ? { capture: capture === "true" } : {}),
      ...(metadata ? { metadata } : {}),
    };
    try {
      const told = (await call("POST", "/risk/v1/rules/try", body, {})) as Trial;
      got(told);
      announce(t("rules.tried"));
    } catch (why) {
      if (of === "edited" && why instanceof Refused) edited?.refused(why);
      throw why;
    }
  };
  return (
    <Card title={t("rules.try")}>
      <p className="hint">{t("rules.tryAbout")}</p>
      <Steps
        label={t("rules.tryDo")}
        submit={go}
        beside={
          <Button
            kind="quiet"
            onPress={() => {
              show(false);
              got(undefined);
            }}
          >
            {t("close")}
          </Button>
        }
      >
        <div className="fields">
          <Choice name="version" label={t("rules.tryWhich")} options={which} wrong={wrong} />
          <Field name="customer" label={t("field.customer")} hint="cus_…" required autoFocus mono />
          <Field name="payment_method" label={t("field.method")} hint={t("rules.methodHint")} mono />
          <Field name="amount" label={t("field.amount")} required inputMode="decimal" />
          <Field name="currency" label={t("field.currency")} initial="EUR" required maxLength={3} mono />
          <Field name="at" label={t("rules.at")} hint={t("rules.atHint")} type="datetime-local" />
          <Choice
            name="as"
            label={t("rules.as")}
            options={[
              ["payment", t("rules.asPayment")],
              ["check", t("rules.asCheck")],
            ]}
          />
          <Choice
            name="capture"
            label={t("rules.capture")}
            options={[
              ["", t("rules.notSaid")],
              ["true", t("rules.captured")],
              ["false", t("rules.authorized")],
            ]}
          />
          <Field name="metadata" label={t("rules.metadata")} hint={t("rules.metadataHint")} rows={3} mono />
        </div>
      </Steps>
      {trial && (
        <section aria-labelledby={heading}>
          <h3 id={heading}>{t("rules.trial")}</h3>
          <Facts
            items={[
              [t("field.outcome"), <Outcome key="o" of={trial.outcome} />],
              [t("field.score"), `${trial.score} / 100`],
              [
                t("rules.now"),
                <span key="n">
                  <Outcome of={trial.outcome_now} /> {trial.score_now} / 100
                </span>,
              ],
            ]}
          />
          <Reasons of={trial.reasons} />
        </section>
      )}
    </Card>
  );
}

/** `key: value`, a line each. */
function pairs(text: string): Record<string, string> | undefined {
  const found = text.split("\n").filter((line) => line.trim());
  if (found.length === 0) return undefined;
  return Object.fromEntries(
    found.map((line) => {
      const [, key, value] = /^\s*([^:\s]+)\s*:\s?(.*)$/.exec(line) ?? [];
      if (key === undefined || value === undefined) throw wrongField("metadata", t("rules.metadataHint"));
      return [key, value];
    }),
  );
}
