import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, approvalOf, must, type Schemas } from "../api";
import { Action } from "../form";
import { number } from "../format";
import { label, t } from "../i18n";
import { Card, Failed, Head, State, Waiting } from "../ui";

type Rule = Schemas["AlertRule"];

/** What entries a rule is about. */
function matches(rule: Rule): string {
  const parts = [rule.activities, rule.outcomes, rule.codes, rule.problems, rule.marks].flatMap((list) => ((list ?? []).length > 0 ? [(list ?? []).join(", ")] : []));
  return parts.join(` ${t("filter.and")} `) || t("alertRules.everything");
}

const when = (rule: Rule): string =>
  rule.kind === "doubling" ? t("alertRules.doubling", { count: number(rule.count) }) : rule.count === 1 ? t("alertRules.each") : t("alertRules.count", { count: number(rule.count), minutes: number(rule.minutes), per: label(`per_${rule.per}`) });

export default function AlertRules() {
  const read = useQuery({ queryKey: ["alert-rules"], queryFn: () => must(api.GET("/audit/v1/alert-rules")) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const { rules, version, always, always_mail_to } = read.data;
  return (
    <>
      <Head title={t("nav.alertRules")} about={t("alertRules.about")}>
        <Link className="button" href="/portal/alerts">
          {t("nav.alerts")}
        </Link>
      </Head>
      <div className="list">
        <div className="scroll">
          <table>
            <caption className="unseen">{t("nav.alertRules")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("field.rule")}</th>
                <th scope="col">{t("field.status")}</th>
                <th scope="col">{t("field.severity")}</th>
                <th scope="col">{t("alertRules.matches")}</th>
                <th scope="col">{t("alertRules.when")}</th>
                <th scope="col">
                  <span className="unseen">{t("list.actions")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rules.map((rule) => (
                <tr key={rule.name}>
                  <td data-label={t("field.rule")}>{label(rule.name)}</td>
                  <td data-label={t("field.status")}>
                    <State value={rule.enabled ? "enabled" : "disabled"} />
                  </td>
                  <td data-label={t("field.severity")}>
                    <State value={rule.severity} />
                  </td>
                  <td data-label={t("alertRules.matches")} className="long">
                    {matches(rule)}
                  </td>
                  <td data-label={t("alertRules.when")}>{when(rule)}</td>
                  <td className="acts">
                    <Action
                      label={t(rule.enabled ? "webhooks.disable" : "webhooks.enable")}
                      title={label(rule.name)}
                      about={t(rule.enabled ? "alertRules.disableAbout" : "alertRules.enableAbout")}
                      right="audit.alert"
                      values={() => ({ replaces: version, always_mail_to, rules: rules.map((one) => (one.name === rule.name ? { ...one, enabled: !rule.enabled } : one)) })}
                      send={(body, under) => must(api.PUT("/audit/v1/alert-rules", { params: { header: approvalOf(under) }, body }))}
                      changes={[["alert-rules"]]}
                      done={t("alertRules.changed")}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
      <Card title={t("alertRules.always")}>
        <p className="hint">{t("alertRules.alwaysAbout")}</p>
        <p>{always.map(label).join(", ")}</p>
      </Card>
    </>
  );
}
