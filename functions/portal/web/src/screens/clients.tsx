import { api, heads, must, type Schemas } from "../api";
import { Action, textOf, wrongField } from "../form";
import { time } from "../format";
import { label, t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Choice, Field, Secret, State } from "../ui";
import { chosenRoles, RoleChoices } from "./users";

type Client = Schemas["ApiClient"];

const CHANGES = [["api-clients"]];

const clients: List<Client> = {
  id: "api-clients",
  title: "nav.clients",
  about: "clients.about",
  load: (query) => must(api.GET("/tenancy/v1/api-clients", { params: { query } as never })),
  key: (c) => c.id,
  columns: [
    { id: "name", label: "field.name", text: (c) => c.name, sort: (c) => c.name },
    { id: "id", label: "field.id", text: (c) => c.id, cell: (c) => <code>{c.id}</code> },
    { id: "status", label: "field.status", text: (c) => c.status, cell: (c) => <State value={c.status} />, sort: (c) => c.status },
    { id: "roles", label: "field.roles", text: (c) => c.roles.join(", ") },
    { id: "soap", label: "clients.soap", text: (c) => c.soap ?? "", cell: (c) => (c.soap ? label(`soap_${c.soap}`) : t("no")), extra: true },
    { id: "created", label: "field.created", text: (c) => c.created_at, cell: (c) => time(c.created_at), sort: (c) => c.created_at },
    { id: "networks", label: "field.networks", text: (c) => c.networks.join(" "), extra: true },
    { id: "dpop", label: "clients.dpop", text: (c) => t(c.require_dpop ? "yes" : "no"), extra: true },
  ],
  emptyTitle: "clients.empty",
  emptyText: "clients.emptyAbout",
  row: (c) =>
    c.status === "active" && (
      <>
        <Action
          label={t("clients.rotate")}
          about={t("clients.rotateAbout")}
          right="apiclient.write"
          values={(data) => {
            const hours = Number(textOf(data, "hours"));
            if (!Number.isInteger(hours) || hours < 0 || hours > 168) throw wrongField("hours", t("wrong.hours"));
            return { overlap_seconds: hours * 3600 };
          }}
          send={(body, under) => must(api.POST("/tenancy/v1/api-clients/{id}/rotate", { params: { path: { id: c.id }, header: heads(under) }, body }))}
          changes={CHANGES}
          done={t("clients.rotated")}
          after={(made: Schemas["RotatedApiClientSecret"]) => <Secrets id={made.client_id} secret={made.client_secret} soap={made.soap_secret} />}
        >
          <Field name="hours" label={t("clients.overlap")} initial="24" inputMode="numeric" autoFocus />
        </Action>
        <Action
          label={t("clients.revoke")}
          about={t("clients.revokeAbout")}
          right="apiclient.write"
          kind="danger"
          values={() => ({})}
          send={() => must(api.DELETE("/tenancy/v1/api-clients/{id}", { params: { path: { id: c.id } } }))}
          changes={CHANGES}
          done={t("clients.revoked")}
        />
      </>
    ),
};

function Secrets({ id, secret, soap }: { id: string; secret: string; soap?: string | null }) {
  return (
    <>
      <Secret label="client_id" value={id} />
      <Secret label="client_secret" value={secret} />
      {soap && <Secret label={t("clients.soapSecret")} value={soap} />}
    </>
  );
}

/** Whether and how it may call over SOAP, where its tokens are bound to no key. */
function soapOf(data: FormData): { soap?: Schemas["SoapMode"] } {
  const soap = textOf(data, "soap") as Schemas["SoapMode"] | "";
  if (soap && data.get("dpop") === "yes") throw wrongField("soap", t("clients.soapNotBound"));
  return soap ? { soap } : {};
}

export default function Clients() {
  return (
    <ListScreen
      list={clients}
      actions={
        <Action
          label={t("clients.create")}
          right="apiclient.write"
          kind="primary"
          values={(data) => ({ name: textOf(data, "name"), roles: chosenRoles(data), networks: textOf(data, "networks").split(/[\s,]+/).filter(Boolean), require_dpop: data.get("dpop") === "yes", ...soapOf(data) })}
          send={(body, under) => must(api.POST("/tenancy/v1/api-clients", { params: { header: heads(under) }, body }))}
          changes={CHANGES}
          done={t("clients.created")}
          after={(made: Schemas["NewApiClient"]) => <Secrets id={made.client_id} secret={made.client_secret} soap={made.soap_secret} />}
        >
          {(wrong) => (
            <>
              <Field name="name" label={t("field.name")} required autoFocus />
              <RoleChoices initial={["integration"]} wrong={wrong.roles} />
              <Field name="networks" label={t("field.networks")} hint={t("clients.networksHint")} mono />
              <label className="check">
                <input type="checkbox" name="dpop" value="yes" />
                <span>{t("clients.dpop")}</span>
              </label>
              <Choice name="soap" label={t("clients.soap")} hint={t("clients.soapHint")} wrong={wrong.soap} options={[["", t("no")], ...(["digest", "text"] as const).map((one) => [one, label(`soap_${one}`)] as const)]} />
            </>
          )}
        </Action>
      }
    />
  );
}
