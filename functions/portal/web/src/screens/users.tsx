import { useState } from "react";
import { api, heads, must, type Schemas } from "../api";
import { Action, textOf, wrongField } from "../form";
import { time } from "../format";
import { t } from "../i18n";
import { type List, ListScreen } from "../list";
import { conflicts, useRoles } from "../roles";
import { Choices, Field, State, Waiting } from "../ui";

type User = Schemas["User"];

const users: List<User> = {
  id: "users",
  title: "nav.users",
  about: "users.about",
  load: (query) => must(api.GET("/identity/v1/users", { params: { query } as never })),
  key: (u) => u.id,
  href: (u) => `/portal/users/${u.id}`,
  columns: [
    { id: "name", label: "field.name", text: (u) => u.name, sort: (u) => u.name },
    { id: "email", label: "field.email", text: (u) => u.email, sort: (u) => u.email },
    { id: "status", label: "field.status", text: (u) => u.status, cell: (u) => <State value={u.status} />, sort: (u) => u.status },
    { id: "roles", label: "field.roles", text: (u) => u.roles.join(", ") },
    { id: "created", label: "field.created", text: (u) => u.created_at, cell: (u) => time(u.created_at), sort: (u) => u.created_at },
    { id: "networks", label: "field.networks", text: (u) => u.networks.join(" "), extra: true },
    { id: "id", label: "field.id", text: (u) => u.id, cell: (u) => <code>{u.id}</code>, extra: true },
  ],
  emptyTitle: "users.empty",
  emptyText: "users.emptyAbout",
};

/** Roles by their ids, to be chosen from; those that exclude each other say so. */
export function RoleChoices({ initial, wrong }: { initial: readonly string[]; wrong?: string }) {
  const roles = useRoles();
  const [chosen, choose] = useState(initial);
  if (!roles.data) return <Waiting />;
  const held = roles.data.filter((r) => chosen.includes(r.id));
  const [first] = held.flatMap((r) => conflicts(r.id, r.grants, r.exclusions, held));
  return (
    <>
      <Choices name="roles" legend={t("field.roles")} initial={initial} wrong={wrong} onChange={choose} options={roles.data.map((r) => [r.id, r.name] as const)} />
      {first && (
        <p className="warning" role="status">
          {t("users.conflict", { one: first.one, other: first.other })}
        </p>
      )}
    </>
  );
}

export function chosenRoles(data: FormData): string[] {
  const roles = data.getAll("roles").map(String);
  if (roles.length === 0) throw wrongField("roles", t("users.noRole"));
  return roles;
}

export default function Users() {
  return (
    <ListScreen
      list={users}
      actions={
        <Action
          label={t("users.invite")}
          about={<p>{t("users.inviteAbout")}</p>}
          right="user.write"
          kind="primary"
          values={(data) => ({ name: textOf(data, "name"), email: textOf(data, "email"), roles: chosenRoles(data) })}
          send={(body, under) => must(api.POST("/identity/v1/users", { params: { header: heads(under) }, body }))}
          changes={[["users"]]}
          done={t("users.invited")}
        >
          {(wrong) => (
            <>
              <Field name="name" label={t("field.name")} required autoFocus />
              <Field name="email" label={t("field.email")} type="email" required />
              <RoleChoices initial={[]} wrong={wrong.roles} />
            </>
          )}
        </Action>
      }
    />
  );
}
