import { Link } from "wouter";
import { useMay } from "../client";
import { inWords } from "../filter";
import { number } from "../format";
import { t } from "../i18n";
import { useRights, useRoles } from "../roles";
import { Card, Empty, Facts, Failed, Head, Json, State, Waiting } from "../ui";

export default function Role({ id }: { id: string }) {
  const may = useMay();
  // There is no reading of one alone.
  const read = useRoles();
  const rights = useRights();
  if (read.isPending || rights.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} />;
  const role = read.data.find((r) => r.id === id);
  if (!role) return <Empty title={t("lost.title")} text={t("roles.none", { id })} />;
  const about = new Map((rights.data?.data ?? []).map((r) => [r.name, r.about]));
  const policy = role.password_policy;
  return (
    <>
      <Head title={role.name} about={<code>{role.id}</code>}>
        {may("audit.read") && (
          <Link className="button" href={`/portal/audit?object=${encodeURIComponent(role.id)}`}>
            {t("roles.history")}
          </Link>
        )}
        {may("role.write") && (
          <Link className="button primary" href={`/portal/roles/${role.id}/edit`}>
            {t("roles.edit")}
          </Link>
        )}
      </Head>
      <Card title={t("field.rights")}>
        <div className="scroll">
          <table>
            <caption className="unseen">{t("field.rights")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("roles.right")}</th>
                <th scope="col">{t("field.description")}</th>
                <th scope="col">{t("roles.effect")}</th>
                <th scope="col">{t("roles.which")}</th>
              </tr>
            </thead>
            <tbody>
              {role.grants.map((grant) => (
                <tr key={grant.right + grant.effect + JSON.stringify(grant.filter)}>
                  <td data-label={t("roles.right")}>
                    <code>{grant.right}</code>
                  </td>
                  <td data-label={t("field.description")}>{about.get(grant.right) ?? "–"}</td>
                  <td data-label={t("roles.effect")}>
                    <State value={grant.effect} />
                  </td>
                  <td data-label={t("roles.which")}>{inWords(grant.filter)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      <div className="cards two">
        <Card title={t("roles.limits")}>
          <Facts
            items={[
              [t("field.version"), number(role.version)],
              [t("field.networks"), role.networks.join(", ") || t("users.anywhere")],
              [t("roles.exclusions"), role.exclusions.map((pair) => pair.join(" / ")).join(", ") || t("roles.noExclusions")],
            ]}
          />
        </Card>
        <Card title={t("roles.policy")}>{policy ? <Json name={t("roles.policy")} value={policy} /> : <p>{t("roles.policyOfTenant")}</p>}</Card>
      </div>
    </>
  );
}
