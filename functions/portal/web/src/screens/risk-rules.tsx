// What payments are limited to: the rules in force, a draft of the next version, and its way into force over a second person.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, heads, must, type Schemas } from "../api";
import { useMay } from "../client";
import { Changes, type Line } from "../differences";
import { Action } from "../form";
import { decimal, exponent, minor, money, number, time } from "../format";
import { label, t } from "../i18n";
import { Button, Card, Choice, Empty, Facts, Failed, Head, State, Waiting } from "../ui";

type Rule = Schemas["RiskRule"];
type Rules = Schemas["RiskRulesOfVersion"];
const CHANGES = [["risk-rules"]];

const said = ({ limit }: Rule): string =>
  limit.amount ? t("rules.amount", { most: money(limit.amount.most, limit.amount.currency) }) : limit.payments ? t("rules.payments", { most: number(limit.payments.most), of: label(`of_${limit.payments.of}`) }) : "–";
const line = (rule: Rule): string => `${rule.id}: ${said(rule)}${rule.about ? ` (${rule.about})` : ""}`;

function between(before: readonly Rule[], after: readonly Rule[]): Line[] {
  const [was, is] = [before.map(line), after.map(line)];
  return [...was.filter((one) => !is.includes(one)).map((text) => ({ sign: "-" as const, text })), ...is.filter((one) => !was.includes(one)).map((text) => ({ sign: "+" as const, text }))];
}

export default function RiskRules() {
  const read = useQuery({ queryKey: ["risk-rules"], queryFn: () => must(api.GET("/risk/v1/rules")) });
  const [editing, edit] = useState(false);
  const may = useMay();
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const { live, draft, latest } = read.data;
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
              about={<Changes lines={between(live.rules, draft.rules)} />}
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
          <Changes lines={between(live.rules, draft.rules)} />
        </Card>
      )}
      {latest > 0 && <Others live={live} latest={latest} />}
      {editing ? (
        <Edit key={latest} of={(draft ?? live).rules} latest={latest} done={() => edit(false)} />
      ) : (
        may("risk.rule") && (
          <div className="row">
            <Button onPress={() => edit(true)}>{t("rules.edit")}</Button>
          </div>
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
            about={<Changes lines={between(live.rules, read.data.rules)} />}
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
      {chosen !== undefined && (read.isPending ? <Waiting /> : read.isError ? <Failed error={read.error} /> : <Seen of={read.data} live={live} />)}
    </Card>
  );
}

function Seen({ of, live }: { of: Rules; live: Rules }) {
  const lines = between(live.rules, of.rules);
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
      {lines.length > 0 ? <Changes lines={lines} /> : <p className="hint">{t("rules.same")}</p>}
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
      {of.rules.length === 0 ? (
        <Empty title={t("rules.none")} text={t("rules.noneAbout")} />
      ) : (
        <div className="scroll">
          <table>
            <caption className="unseen">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{t("field.rule")}</th>
                <th scope="col">{t("rules.limit")}</th>
                <th scope="col">{t("field.description")}</th>
              </tr>
            </thead>
            <tbody>
              {of.rules.map((rule) => (
                <tr key={rule.id}>
                  <td data-label={t("field.rule")}>
                    <code>{rule.id}</code>
                  </td>
                  <td data-label={t("rules.limit")}>{said(rule)}</td>
                  <td data-label={t("field.description")}>{rule.about ?? "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
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

function Edit({ of, latest, done }: { of: readonly Rule[]; latest: number; done: () => void }) {
  const [drafts, set] = useState(() => of.map(draftOf));
  const rules = drafts.map(ruleOf);
  const wrong = drafts.find((_, place) => !rules[place]);
  const whole = rules.filter((rule) => rule !== undefined);
  const put = (draft: Draft, part: Partial<Draft>): void => set(drafts.map((d) => (d.key === draft.key ? { ...d, ...part } : d)));
  return (
    <Card title={t("rules.edit")}>
      <p className="hint">{t("rules.editAbout")}</p>
      {drafts.map((d) => (
        <fieldset key={d.key} className="rule-edit">
          <legend className="unseen">{d.id || t("rules.new")}</legend>
          <input className="input mono" aria-label={t("rules.id")} placeholder={t("rules.id")} value={d.id} onChange={(event) => put(d, { id: event.target.value })} />
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
        </fieldset>
      ))}
      <div className="row">
        <Button onPress={() => set([...drafts, { key: keys++, id: "", of: "EUR", most: "", about: "" }])}>{t("rules.new")}</Button>
        <span className="spring" />
        <Button kind="quiet" onPress={done}>
          {t("cancel")}
        </Button>
        <Action
          label={t("rules.save")}
          about={<Changes lines={between(of, whole)} />}
          right="risk.rule"
          kind="primary"
          not={wrong !== undefined && t("rules.wrong", { id: wrong.id || "–" })}
          values={() => ({ replaces: latest, rules: whole })}
          send={(body) => must(api.PUT("/risk/v1/rules", { body }))}
          changes={CHANGES}
          done={t("rules.saved")}
          then={done}
        />
      </div>
    </Card>
  );
}
