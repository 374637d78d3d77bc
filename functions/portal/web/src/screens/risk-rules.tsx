// What payments are limited to and judged by: the rules in force, a draft of the next version, and its way into force over a second
// person.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, heads, must, type Refused, type Schemas } from "../api";
import { useMay } from "../client";
import { ConditionField } from "../condition-field";
import { Action } from "../form";
import { decimal, exponent, minor, number, time } from "../format";
import { label, t } from "../i18n";
import { placeIn, spanOf } from "../place";
import { Compared, type Conditional, type Decision, DECISIONS, plain, type Rule, type Says, Try, type Version as Rules, version, Whole } from "../risk";
import { Button, Card, Choice, Facts, Failed, Head, State, Waiting } from "../ui";

const CHANGES = [["risk-rules"]];

export default function RiskRules() {
  const read = useQuery({ queryKey: ["risk-rules"], queryFn: () => must(api.GET("/risk/v1/rules")) });
  const [editing, edit] = useState(false);
  const may = useMay();
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const { latest } = read.data;
  const live = version(read.data.live);
  const draft = read.data.draft ? version(read.data.draft) : undefined;
  return (
    <>
      <Head title={t("nav.riskRules")} about={t("rules.about")} />
      <Version title={t("rules.live")} of={live} />
      {draft && (
        <Card
          title={t("rules.draft", { version: number(draft.version) })}
          actions={
            <Action
              label={t("rules.publish")}
              about={<Compared live={live} of={draft} />}
              right="risk.rule"
              kind="primary"
              values={() => ({})}
              send={(_, under) => must(api.POST("/risk/v1/rules/{version}/publish", { params: { path: { version: String(draft.version) as never }, header: heads(under) }, body: {} }))}
              changes={CHANGES}
              done={t("rules.published")}
            />
          }
        >
          <p className="hint">{t("rules.madeBy", { who: draft.made_by ?? "–", at: time(draft.created_at) })}</p>
          <h3>{t("rules.compared")}</h3>
          <Compared live={live} of={draft} />
          <h3>{t("rules.whole")}</h3>
          <Whole title={t("rules.draft", { version: number(draft.version) })} of={draft} />
        </Card>
      )}
      {latest > 0 && <Others live={live} latest={latest} />}
      {editing ? (
        <Edit key={latest} of={draft ?? live} live={live.version} latest={latest} done={() => edit(false)} />
      ) : (
        may("risk.rule") && (
          <>
            <div className="row">
              <Button onPress={() => edit(true)}>{t("rules.edit")}</Button>
            </div>
            <Try live={live.version} latest={latest} />
          </>
        )
      )}
    </>
  );
}

/** Any other version, what it changes, and its way back into force. */
function Others({ live, latest }: { live: Rules; latest: number }) {
  const [chosen, choose] = useState<number>();
  const read = useQuery({
    queryKey: ["risk-rules", chosen],
    queryFn: () => must(api.GET("/risk/v1/rules/{version}", { params: { path: { version: String(chosen) as never } } })),
    enabled: chosen !== undefined,
  });
  const versions = Array.from({ length: latest + 1 }, (_, n) => latest - n).filter((n) => n !== live.version);
  return (
    <Card
      title={t("rules.others")}
      actions={
        read.data?.status === "retired" && (
          <Action
            label={t("rules.again", { version: number(read.data.version) })}
            about={<Compared live={live} of={version(read.data)} />}
            right="risk.rule"
            values={() => ({})}
            send={(_, under) => must(api.POST("/risk/v1/rules/{version}/publish", { params: { path: { version: String(chosen) as never }, header: heads(under) }, body: {} }))}
            changes={CHANGES}
            done={t("rules.published")}
          />
        )
      }
    >
      <Choice
        name="version"
        label={t("field.version")}
        value={chosen === undefined ? "" : String(chosen)}
        onChange={(value) => choose(value === "" ? undefined : Number(value))}
        options={[["", t("rules.choose")], ...versions.map((n) => [String(n), n === 0 ? t("rules.shipped") : number(n)] as const)]}
      />
      {chosen !== undefined && (read.isPending ? <Waiting /> : read.isError ? <Failed error={read.error} /> : <Seen of={version(read.data)} live={live} />)}
    </Card>
  );
}

function Seen({ of, live }: { of: Rules; live: Rules }) {
  return (
    <>
      <Facts
        items={[
          [t("field.status"), <State key="s" value={of.status} />],
          [t("field.created"), of.created_at ? t("rules.madeBy", { who: of.made_by ?? "–", at: time(of.created_at) }) : null],
          [t("rules.since"), of.published_at ? t("rules.madeBy", { who: of.published_by ?? "–", at: time(of.published_at) }) : null],
        ]}
      />
      <h3>{t("rules.compared")}</h3>
      <Compared live={live} of={of} />
      <h3>{t("rules.whole")}</h3>
      <Whole title={t("rules.tryVersion", { version: number(of.version) })} of={of} />
    </>
  );
}

function Version({ title, of }: { title: string; of: Rules }) {
  return (
    <Card title={title} actions={<State value={of.status} />}>
      <Facts
        items={[
          [t("field.version"), of.version === 0 ? t("rules.shipped") : number(of.version)],
          [t("rules.since"), time(of.published_at)],
        ]}
      />
      <Whole title={title} of={of} />
    </Card>
  );
}

interface Draft {
  key: number;
  id: string;
  /** A currency, or whose payments are counted. */
  of: string;
  most: string;
  about: string;
}
let keys = 0;
const COUNTED = ["card", "customer"];
const draftOf = ({ id, about, limit }: Rule): Draft => ({
  key: keys++,
  id,
  about: about ?? "",
  of: limit.amount?.currency ?? limit.payments?.of ?? "EUR",
  most: limit.amount ? decimal(limit.amount.most, exponent(limit.amount.currency)) : String(limit.payments?.most ?? ""),
});

function ruleOf({ id, of, most, about }: Draft): Rule | undefined {
  const rest = about.trim() ? { about: about.trim() } : {};
  if (!/^[a-z][a-z0-9_]*$/.test(id)) return undefined;
  if (COUNTED.includes(of)) return /^\d{1,7}$/.test(most.trim()) ? { id, limit: { payments: { of: of as Schemas["RiskCounted"], most: Number(most) } }, ...rest } : undefined;
  const amount = /^[A-Z]{3}$/.test(of) ? minor(most, of) : undefined;
  return amount === undefined ? undefined : { id, limit: { amount: { currency: of as Schemas["Currency"], most: amount } }, ...rest };
}

/** A rule with a condition, as it is typed. */
interface Typed {
  key: number;
  id: string;
  about: string;
  when: string;
  does: "points" | Decision;
  points: string;
  checks: boolean;
}
const WAITS: readonly string[] = ["review", "challenge"];
const typedOf = ({ id, about, when, points, decision, checks_only }: Conditional): Typed => ({
  key: keys++,
  id,
  about: about ?? "",
  when: plain(when),
  does: decision ?? "points",
  points: typeof points === "number" ? String(points) : "",
  checks: checks_only === true,
});

function conditionalOf({ id, about, when, does, points, checks }: Typed): Conditional | undefined {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(id) || !when.trim()) return undefined;
  const typed = points.trim().replace(/^[−–]/, "-").replace(/^\+/, "");
  if (does === "points" && (!/^-?\d{1,3}$/.test(typed) || Math.abs(Number(typed)) > 100)) return undefined;
  return {
    id,
    // As it is typed, so that places in it stay what they are.
    when,
    ...(does === "points" ? { points: Number(typed) } : { decision: does }),
    ...(checks ? { checks_only: true } : {}),
    ...(about.trim() ? { about: about.trim() } : {}),
  };
}

/** What the platform says is wrong: at a field of a rule, at a rule, or at none. */
interface Wrong {
  key?: number;
  field: string;
  detail: string;
}

function Edit({ of, live, latest, done }: { of: Says; live: number; latest: number; done: () => void }) {
  const [drafts, set] = useState(() => of.rules.map(draftOf));
  const [typed, type] = useState(() => of.conditions.map(typedOf));
  const [from, block] = useState(String(of.block_from));
  const [wrongs, tell] = useState<{ all: readonly Wrong[]; attempt: number }>({ all: [], attempt: 0 });
  const fields = useRef<HTMLDivElement>(null);
  const { attempt } = wrongs;
  useEffect(() => {
    if (attempt === 0) return undefined;
    // Once the dialog that was refused has given the focus back.
    const timer = setTimeout(() => {
      const first = fields.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
      first?.focus();
      const at = placeIn(first?.dataset.wrong ?? "");
      if (at && first instanceof HTMLTextAreaElement) first.setSelectionRange(...spanOf(first.value, at));
    }, 100);
    return () => clearTimeout(timer);
  }, [attempt]);
  const rules = drafts.map(ruleOf);
  const conditions = typed.map(conditionalOf);
  const wrong = drafts.find((_, place) => !rules[place]);
  const wrongTyped = typed.find((_, place) => !conditions[place]);
  const points = /^\d{1,3}$/.test(from.trim()) ? Number(from) : 0;
  const says: Says = { rules: rules.filter((rule) => rule !== undefined), conditions: conditions.filter((one) => one !== undefined), block_from: points };
  const not = wrong
    ? t("rules.wrong", { id: wrong.id || "–" })
    : wrongTyped
      ? t("rules.wrongCondition", { id: wrongTyped.id || "–" })
      : points < 1 || points > 100
        ? t("rules.wrongBlockFrom")
        : undefined;
  const right = (key: number): void => tell({ ...wrongs, all: wrongs.all.filter((one) => one.key !== key) });
  const put = (draft: Draft, part: Partial<Draft>): void => {
    right(draft.key);
    set(drafts.map((d) => (d.key === draft.key ? { ...d, ...part } : d)));
  };
  const change = (one: Typed, part: Partial<Typed>): void => {
    right(one.key);
    type(typed.map((d) => (d.key === one.key ? { ...d, ...part } : d)));
  };
  /** Errors by the place that they are at, as it was when this was sent. */
  const refused = (why: Refused): boolean => {
    const all = (why.problem.errors ?? []).map(({ pointer, detail }): Wrong => {
      const [, list, place, field = ""] = pointer.split("/");
      const key = (list === "conditions" ? typed : list === "rules" ? drafts : [])[Number(place ?? NaN)]?.key;
      return key === undefined ? { field: pointer, detail } : { key, field, detail };
    });
    if (!all.some((one) => one.key !== undefined)) return false;
    tell({ all, attempt: attempt + 1 });
    return true;
  };
  const nowhere = wrongs.all.filter((one) => one.key === undefined);
  return (
    <>
      <Card title={t("rules.edit")}>
        <p className="hint">{t("rules.editAbout")}</p>
        <div ref={fields} className="contents">
          {drafts.map((d) => (
            <fieldset key={d.key} className="rule-edit">
              <legend className="unseen">{d.id || t("rules.new")}</legend>
              <input className="input mono" aria-label={t("rules.id")} placeholder={t("rules.id")} {...at(wrongs.all, d.key)} value={d.id} onChange={(event) => put(d, { id: event.target.value })} />
              <select className="input" aria-label={t("rules.what")} value={COUNTED.includes(d.of) ? d.of : "amount"} onChange={(event) => put(d, { of: event.target.value === "amount" ? "EUR" : event.target.value })}>
                <option value="amount">{t("rules.ofAmount")}</option>
                {COUNTED.map((one) => (
                  <option key={one} value={one}>
                    {t("rules.ofPayments", { of: label(`of_${one}`) })}
                  </option>
                ))}
              </select>
              {!COUNTED.includes(d.of) && <input className="input mono" aria-label={t("field.currency")} maxLength={3} value={d.of} onChange={(event) => put(d, { of: event.target.value.toUpperCase() })} />}
              <input className="input" aria-label={t("rules.most")} placeholder={t("rules.most")} inputMode="decimal" value={d.most} onChange={(event) => put(d, { most: event.target.value })} />
              <input className="input" aria-label={t("field.description")} placeholder={t("field.description")} value={d.about} onChange={(event) => put(d, { about: event.target.value })} />
              <Button kind="quiet" aria-label={`${t("remove")} ${d.id}`} onPress={() => set(drafts.filter((one) => one.key !== d.key))}>
                {t("remove")}
              </Button>
              <Told of={wrongs.all} rule={d.key} />
            </fieldset>
          ))}
          {typed.map((one) => (
            <ConditionEdit key={one.key} of={one} wrongs={wrongs.all} change={(part) => change(one, part)} remove={() => type(typed.filter((other) => other.key !== one.key))} />
          ))}
          <div className="rule-edit">
            <label className="labelled">
              <span>{t("rules.blockFrom")}</span>
              <input className="input" inputMode="numeric" value={from} onChange={(event) => block(event.target.value)} />
            </label>
          </div>
        </div>
        {nowhere.length > 0 && (
          <div className="failed" role="alert">
            {nowhere.map((one) => (
              <p key={one.field + one.detail}>
                <code>{one.field}</code> {one.detail}
              </p>
            ))}
          </div>
        )}
        {wrongs.all.length > 0 && (
          <p className="wrong" role="alert">
            {t("rules.refused")}
          </p>
        )}
        <div className="row">
          <Button onPress={() => set([...drafts, { key: keys++, id: "", of: "EUR", most: "", about: "" }])}>{t("rules.new")}</Button>
          <Button onPress={() => type([...typed, { key: keys++, id: "", about: "", when: "", does: "points", points: "", checks: false }])}>{t("rules.newCondition")}</Button>
          <span className="spring" />
          <Button kind="quiet" onPress={done}>
            {t("cancel")}
          </Button>
          <Action
            label={t("rules.save")}
            about={<Compared live={of} of={says} />}
            right="risk.rule"
            kind="primary"
            not={not ?? false}
            values={() => ({ replaces: latest, ...says })}
            send={(body) => must(api.PUT("/risk/v1/rules", { body: body as unknown as Schemas["DraftRiskRulesRequest"] }))}
            changes={CHANGES}
            done={t("rules.saved")}
            refused={refused}
            then={done}
          />
        </div>
      </Card>
      <Try live={live} latest={latest} edited={{ ...(not === undefined ? { says } : { not }), refused }} />
    </>
  );
}

const idOf = (key: number, field: string): string => `rule-${key}-${field || "whole"}`;
/** What a field says of itself where it is wrong. */
function at(wrongs: readonly Wrong[], key: number, field?: string): { "aria-invalid"?: true; "aria-describedby"?: string } {
  const found = wrongs.some((one) => one.key === key && (field === undefined || one.field === field));
  return found ? { "aria-invalid": true, "aria-describedby": idOf(key, field ?? "") } : {};
}

/** What is wrong at a field of a rule, or anywhere in it that has no field of its own. */
function Told({ of, rule: key, field, beside = [] }: { of: readonly Wrong[]; rule: number; field?: string; beside?: readonly string[] }) {
  const found = of.filter((one) => one.key === key && (field === undefined ? !beside.includes(one.field) : one.field === field));
  if (found.length === 0) return null;
  return (
    <span className="wrong" id={idOf(key, field ?? "")}>
      {found.map((one) => one.detail).join("; ")}
    </span>
  );
}

/** A rule with a condition. */
function ConditionEdit({ of: one, wrongs, change, remove }: { of: Typed; wrongs: readonly Wrong[]; change: (part: Partial<Typed>) => void; remove: () => void }) {
  const detail = wrongs.find((wrong) => wrong.key === one.key && wrong.field === "when")?.detail;
  return (
    <fieldset className="rule-edit">
      <legend className="unseen">{one.id || t("rules.newCondition")}</legend>
      <input className="input mono" aria-label={t("rules.conditionId")} placeholder={t("rules.conditionId")} {...at(wrongs, one.key, "id")} value={one.id} onChange={(event) => change({ id: event.target.value })} />
      <select
        className="input"
        aria-label={t("rules.effect")}
        {...at(wrongs, one.key, "decision")}
        value={one.does}
        onChange={(event) => {
          const does = event.target.value as Typed["does"];
          // Payments wait for nobody yet: only checks can say so.
          change({ does, ...(WAITS.includes(does) ? { checks: true } : {}) });
        }}
      >
        <option value="points">{t("rules.ofPoints")}</option>
        {DECISIONS.map((decision) => (
          <option key={decision} value={decision}>
            {label(`decides_${decision}`)}
          </option>
        ))}
      </select>
      {one.does === "points" && (
        <input className="input" aria-label={t("rules.pointsOf")} placeholder={t("rules.pointsOf")} {...at(wrongs, one.key, "points")} value={one.points} onChange={(event) => change({ points: event.target.value })} />
      )}
      <input className="input" aria-label={t("field.description")} placeholder={t("field.description")} {...at(wrongs, one.key, "about")} value={one.about} onChange={(event) => change({ about: event.target.value })} />
      <label className="check">
        <input type="checkbox" checked={one.checks} onChange={(event) => change({ checks: event.target.checked })} />
        <span>{t("rules.checksOnly")}</span>
      </label>
      <Button kind="quiet" aria-label={`${t("remove")} ${one.id}`} onPress={remove}>
        {t("remove")}
      </Button>
      <ConditionField value={one.when} change={(when) => change({ when })} wrong={detail} refers={at(wrongs, one.key, "when")}>
        <Told of={wrongs} rule={one.key} field="when" />
      </ConditionField>
      {["id", "decision", "points", "about"].map((field) => (
        <Told key={field} of={wrongs} rule={one.key} field={field} />
      ))}
      <Told of={wrongs} rule={one.key} beside={["when", "id", "decision", "points", "about"]} />
    </fieldset>
  );
}
