import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, approvalOf, heads, must, type Schemas } from "../api";
import { useMay, useMe } from "../client";
import { inWords } from "../filter";
import { Action } from "../form";
import { number, time } from "../format";
import { label, t } from "../i18n";
import { type List, Rows } from "../list";
import { useRights, useRoles } from "../roles";
import { Card, Empty, Facts, Failed, Field, Head, Id, State, Waiting } from "../ui";
import { chosenRoles, RoleChoices } from "./users";

const signInsOf = (id: string): List<Schemas["SignIn"]> => ({
  id: `sign-ins-of-${id}`,
  title: "users.signIns",
  load: (query) => must(api.GET("/identity/v1/users/{id}/sign-ins", { params: { path: { id }, query } as never })),
  key: (s) => s.id,
  columns: [
    { id: "at", label: "field.at", text: (s) => s.at, cell: (s) => time(s.at) },
    { id: "outcome", label: "field.outcome", text: (s) => s.outcome, cell: (s) => <State value={s.outcome} /> },
    { id: "address", label: "field.address", text: (s) => s.address ?? "" },
    { id: "device", label: "field.device", text: (s) => s.device ?? "" },
  ],
  emptyTitle: "users.noSignIns",
  emptyText: "users.noSignInsAbout",
});

/** Which rights somebody has, for which objects, and from which role each comes. */
function Effective({ roles }: { roles: readonly string[] }) {
  const all = useRoles();
  const catalogue = useRights();
  const [wanted, want] = useState("");
  if (all.isPending || catalogue.isPending) return <Waiting />;
  if (all.isError) return <Failed error={all.error} />;
  const grants = all.data.filter((r) => roles.includes(r.id)).flatMap((role) => role.grants.map((grant) => ({ ...grant, role })));
  const about = new Map((catalogue.data?.data ?? []).map((r) => [r.name, r.about]));
  const text = wanted.trim().toLowerCase();
  const names = [...new Set(grants.filter((g) => g.effect !== "deny").map((g) => g.right))].sort();
  const rows = names.filter((right) => `${right} ${about.get(right) ?? ""}`.toLowerCase().includes(text));
  return (
    <>
      <p className="hint">{t("users.rightsAbout", { count: number(names.length) })}</p>
      <Field name="wanted" label={t("users.why")} hint={t("users.whyHint")} value={wanted} onChange={want} />
      {rows.length === 0 ? (
        <Empty title={t("list.nothing")} text={text ? t("users.mayNot", { what: wanted.trim() }) : t("users.noRights")} />
      ) : (
        <dl className="facts rights">
          {rows.map((right) => (
            <div key={right}>
              <dt>
                <code>{right}</code>
                <span className="hint block">{about.get(right)}</span>
              </dt>
              <dd>
                {grants
                  .filter((g) => g.right === right)
                  .map((g) => (
                    <span key={`${g.role.id} ${g.effect} ${JSON.stringify(g.filter)}`} className={g.effect === "deny" ? "block wrong" : "block"}>
                      {t(g.effect === "deny" ? "users.deniedThrough" : "users.through", { role: g.role.name, which: inWords(g.filter) })}
                    </span>
                  ))}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

export default function User({ id }: { id: string }) {
  const may = useMay();
  const me = useMe().data;
  const read = useQuery({ queryKey: ["users", id], queryFn: () => must(api.GET("/identity/v1/users/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const u = read.data;
  const own = me?.id === id && t("users.own");
  const changes = [["users"], [`sign-ins-of-${id}`]];
  const disabled = u.status === "disabled";
  const post = { params: { path: { id } } };
  return (
    <>
      <Head
        title={
          <>
            {u.name} <State value={u.status} />
          </>
        }
        about={<Id value={u.id} />}
      >
        <Action
          label={t("users.roles")}
          confirm={t("save")}
          right="user.write"
          not={own}
          values={(data) => ({ roles: chosenRoles(data) })}
          send={(body, under) => must(api.PATCH("/identity/v1/users/{id}", { params: { path: { id }, header: approvalOf(under) }, body }))}
          changes={changes}
          done={t("users.changed")}
        >
          {(wrong) => <RoleChoices initial={u.roles} wrong={wrong.roles} />}
        </Action>
        <Action label={t("users.unlock")} about={t("users.unlockAbout")} right="user.unlock" values={() => ({})} send={(_, under) => must(api.POST("/identity/v1/users/{id}/unlock", { params: { ...post.params, header: heads(under) }, body: {} }))} changes={changes} done={t("users.unlocked")} />
        <Action label={t("users.reset")} about={t("users.resetAbout")} right="user.write" not={own} values={() => ({})} send={(_, under) => must(api.POST("/identity/v1/users/{id}/password-reset", { params: { ...post.params, header: heads(under) }, body: {} }))} changes={changes} done={t("users.resetDone")} />
        <Action
          label={t("users.factor")}
          about={t("users.factorAbout")}
          right="user.write"
          not={own}
          values={() => ({})}
          send={(_, under) => must(api.POST("/identity/v1/users/{id}/second-factor-reset", { params: { ...post.params, header: heads(under) }, body: {} }))}
          changes={changes}
          done={t("users.factorDone")}
        />
        <Action
          label={t(disabled ? "users.enable" : "users.disable")}
          about={t(disabled ? "users.enableAbout" : "users.disableAbout")}
          right="user.write"
          kind={disabled ? "plain" : "danger"}
          not={own || (u.status === "invited" && t("users.notYet"))}
          values={() => ({ status: (disabled ? "active" : "disabled") as Schemas["NewUserStatus"] })}
          send={(body, under) => must(api.PATCH("/identity/v1/users/{id}", { params: { path: { id }, header: approvalOf(under) }, body }))}
          changes={changes}
          done={t("users.changed")}
        />
      </Head>
      <Card title={t("users.data")}>
        <Facts
          items={[
            [t("field.email"), u.email],
            [t("field.created"), time(u.created_at)],
            [
              t("field.roles"),
              u.roles.map((role, place) => (
                <span key={role}>
                  {place > 0 && ", "}
                  {may("role.read") ? <Link href={`/portal/roles/${role}`}>{label(role)}</Link> : label(role)}
                </span>
              )),
            ],
            [t("field.networks"), u.networks.join(", ") || t("users.anywhere")],
          ]}
        />
      </Card>
      <Card title={t("users.signIns")}>
        <Rows compact list={signInsOf(id)} />
      </Card>
      {may("role.read") && (
        <Card title={t("users.rights")}>
          <Effective roles={u.roles} />
        </Card>
      )}
    </>
  );
}
