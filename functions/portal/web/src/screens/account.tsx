import { useState } from "react";
import { api, must, type Schemas } from "../api";
import { useMe } from "../client";
import { Action, Dialog } from "../form";
import { time } from "../format";
import { label, t } from "../i18n";
import { type List, Rows } from "../list";
import { choose, useSettings } from "../settings";
import { Button, Card, Choice, Facts, Head, Id, State } from "../ui";
import Enrol from "./enrol";
import Passkeys from "./passkeys";
import ChangePassword from "./password";

const sessions: List<Schemas["Session"]> = {
  id: "sessions",
  title: "account.sessions",
  load: (query) => must(api.GET("/identity/v1/sessions", { params: { query } as never })),
  key: (s) => s.id,
  columns: [
    { id: "device", label: "field.device", text: (s) => s.device ?? "", cell: (s) => <>{s.device ?? "–"} {s.current && <State value="current" />}</> },
    { id: "address", label: "field.address", text: (s) => s.address ?? "" },
    { id: "in", label: "account.signedIn", text: (s) => s.signed_in_at, cell: (s) => time(s.signed_in_at) },
    { id: "seen", label: "account.seen", text: (s) => s.seen_at, cell: (s) => time(s.seen_at) },
    { id: "factor", label: "account.factor", text: (s) => t(s.second_factor ? "yes" : "no") },
  ],
  emptyTitle: "account.sessions",
  emptyText: "account.sessions",
  row: (s) =>
    !s.current && (
      <Action
        label={t("account.end")}
        about={s.device ?? s.id}
        values={() => ({})}
        send={() => must(api.DELETE("/identity/v1/sessions/{id}", { params: { path: { id: s.id } } }))}
        changes={[["sessions"]]}
        done={t("account.ended")}
      />
    ),
};

/** Oneself: password, second factor, sessions, how this browser shows things. */
export default function Account() {
  const me = useMe().data;
  const { language, theme, zone } = useSettings();
  const [shown, show] = useState<"password" | "enrol">();
  return (
    <>
      <Head title={t("account.title")}>
        <Button onPress={() => show("password")}>{t("password.change")}</Button>
        <Button onPress={() => show("enrol")}>{t("enrol.title")}</Button>
      </Head>
      <div className="cards two">
        <Card title={t("account.who")}>
          <Facts
            items={[
              [t("field.name"), me?.name],
              [t("field.email"), me?.email],
              [t("field.id"), <Id key="id" value={me?.id ?? ""} />],
              [t("signin.tenant"), <Id key="tenant" value={me?.tenant ?? ""} />],
              [t("field.roles"), me?.roles.map(label).join(", ")],
            ]}
          />
        </Card>
        <Card title={t("account.look")}>
          <Choice
            name="language"
            label={t("account.language")}
            value={language}
            onChange={(value) => choose({ language: value === "de" ? "de" : "en" })}
            options={[
              ["en", "English"],
              ["de", "Deutsch"],
            ]}
          />
          <Choice
            name="theme"
            label={t("account.theme")}
            value={theme}
            onChange={(value) => choose({ theme: value === "light" || value === "dark" ? value : "system" })}
            options={[
              ["system", t("theme.system")],
              ["light", t("theme.light")],
              ["dark", t("theme.dark")],
            ]}
          />
          <Choice
            name="zone"
            label={t("account.zone")}
            value={zone}
            onChange={(value) => choose({ zone: value === "utc" ? "utc" : "local" })}
            options={[
              ["local", `${t("zone.local")} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`],
              ["utc", "UTC"],
            ]}
          />
        </Card>
      </div>
      <Passkeys />
      <Card title={t("account.sessions")}>
        <Rows compact list={sessions} />
      </Card>
      {shown && (
        <Dialog open title={t(shown === "password" ? "password.change" : "enrol.title")} close={() => show(undefined)}>
          {shown === "password" ? <ChangePassword /> : <Enrol done={() => show(undefined)} />}
          <div className="row end">
            <Button kind="quiet" onPress={() => show(undefined)}>
              {t("cancel")}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
