import { useQuery } from "@tanstack/react-query";
import { api, approvalOf, must, type Schemas } from "../api";
import { useMe } from "../client";
import { Action, textOf, wrongField } from "../form";
import { number, time } from "../format";
import { t } from "../i18n";
import { Card, Facts, Failed, Field, Head, Id, State, Waiting } from "../ui";

type Tenant = Schemas["Tenant"];

const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);
const months = (data: FormData, name: string): number => {
  const text = textOf(data, name);
  if (!/^\d{1,4}$/.test(text)) throw wrongField(name, t("wrong.number"));
  return Number(text);
};

/** What differs from how it is: whatever is sent, even unchanged, may need a second person. */
function changed(tenant: Tenant, data: FormData): Schemas["UpdateTenantRequest"] {
  const next = {
    name: textOf(data, "name"),
    networks: words(textOf(data, "networks")),
    retention_months: months(data, "retention_months"),
    online_months: months(data, "online_months"),
    require_access_reason: data.get("require_access_reason") !== null,
    metadata_keys: words(textOf(data, "metadata_keys")),
  };
  return Object.fromEntries(Object.entries(next).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(tenant[name as keyof Tenant])));
}

/** The organisation's own settings. */
export default function TenantSettings() {
  const id = useMe().data?.tenant ?? "";
  const read = useQuery({ queryKey: ["tenant", id], queryFn: () => must(api.GET("/tenancy/v1/tenants/{id}", { params: { path: { id } } })), enabled: id !== "" });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const tenant = read.data;
  const rate = ({ per_second, burst }: Schemas["RateLimit"]): string => t("tenant.rate", { rate: number(per_second), burst: number(burst) });
  return (
    <>
      <Head
        title={
          <>
            {tenant.name} <State value={tenant.status} />
          </>
        }
        about={<Id value={tenant.id} />}
      >
        <Action
          label={t("edit")}
          title={t("tenant.edit")}
          confirm={t("save")}
          about={t("tenant.editAbout")}
          right="tenant.write"
          values={(data) => changed(tenant, data)}
          send={(body, under) => must(api.PATCH("/tenancy/v1/tenants/{id}", { params: { path: { id }, header: approvalOf(under) }, body }))}
          changes={[["tenant"]]}
          done={t("tenant.changed")}
        >
          <Field name="name" label={t("field.name")} initial={tenant.name} required autoFocus maxLength={200} />
          <Field name="networks" label={t("field.networks")} hint={t("roles.networksHint")} initial={tenant.networks.join(" ")} mono />
          <Field name="retention_months" label={t("tenant.retention")} hint={t("tenant.retentionHint")} initial={String(tenant.retention_months)} inputMode="numeric" required />
          <Field name="online_months" label={t("tenant.online")} hint={t("tenant.onlineHint")} initial={String(tenant.online_months)} inputMode="numeric" required />
          <Field name="metadata_keys" label={t("tenant.metadata")} hint={t("tenant.metadataHint")} initial={tenant.metadata_keys.join(" ")} mono />
          <label className="check">
            <input type="checkbox" name="require_access_reason" defaultChecked={tenant.require_access_reason} />
            <span>{t("tenant.reason")}</span>
          </label>
        </Action>
      </Head>
      <div className="cards two">
        <Card title={t("tenant.access")}>
          <Facts
            items={[
              [t("field.networks"), tenant.networks.join(", ") || t("users.anywhere")],
              [t("tenant.reason"), t(tenant.require_access_reason ? "yes" : "no")],
              [t("tenant.limit"), rate(tenant.rate_limit)],
              [t("tenant.callerLimit"), rate(tenant.client_rate_limit)],
            ]}
          />
        </Card>
        <Card title={t("tenant.log")}>
          <Facts
            items={[
              [t("tenant.retention"), number(tenant.retention_months)],
              [t("tenant.online"), number(tenant.online_months)],
              [t("tenant.metadata"), tenant.metadata_keys.join(", ") || t("roles.noExclusions")],
              [t("tenant.region"), tenant.home_region],
              [t("field.created"), time(tenant.created_at)],
            ]}
          />
        </Card>
      </div>
    </>
  );
}
