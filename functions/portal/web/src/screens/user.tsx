import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, approvalOf, heads, must, type Schemas } from "../api";
import { useMay, useMe } from "../client";
import { Action } from "../form";
import { time } from "../format";
import { label, t } from "../i18n";
import { type List, Rows } from "../list";
import { Card, Facts, Failed, Head, Id, State, Waiting } from "../ui";
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

/** Which rights somebody has, and from which role each comes. */
function Effective({ roles }: { roles: readonly string[] }) {
  const all = useQuery({ queryKey: ["roles", "choices"], queryFn: () => must(api.GET("/identity/v1/roles", { params: { query: { limit: 100 } } })) });
  if (all.isPending) return <Waiting />;
  if (all.isError) return <Failed error={all.error} />;
  const from = new Map<string, string[]>();
  const denied = new Map<string, string[]>();
  for (const role of all.data.data.filter((r) => roles.includes(r.id)))
    for (const grant of role.grants) {
      const where = grant.effect === "deny" ? denied : from;
      where.set(grant.right, [...(where.get(grant.right) ?? []), `${role.name}${grant.filter ? ` (${t("roles.filtered")})` : ""}`]);
    }
  const rows = [...from].sort(([a], [b]) => a.localeCompare(b));
  return (
    <dl className="facts rights">
      {rows.map(([right, names]) => (
        <div key={right}>
          <dt>
            <code>{right}</code>
          </dt>
          <dd>
            {names.join(", ")}
            {denied.has(right) && <span className="wrong"> {t("roles.deniedBy", { roles: (denied.get(right) ?? []).join(", ") })}</span>}
          </dd>
        </div>
      ))}
    </dl>
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
