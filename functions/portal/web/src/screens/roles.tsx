import { Link } from "wouter";
import { api, must, type Schemas } from "../api";
import { useMay } from "../client";
import { number } from "../format";
import { t } from "../i18n";
import { type List, ListScreen } from "../list";

const roles: List<Schemas["Role"]> = {
  id: "roles",
  title: "nav.roles",
  about: "roles.about",
  load: (query) => must(api.GET("/identity/v1/roles", { params: { query } as never })),
  key: (r) => r.id,
  href: (r) => `/portal/roles/${r.id}`,
  columns: [
    { id: "name", label: "field.name", text: (r) => r.name, sort: (r) => r.name },
    { id: "id", label: "field.id", text: (r) => r.id, cell: (r) => <code>{r.id}</code>, sort: (r) => r.id },
    { id: "version", label: "field.version", text: (r) => String(r.version), sort: (r) => r.version, numeric: true },
    { id: "rights", label: "field.rights", text: (r) => String(r.grants.length), cell: (r) => number(r.grants.length), sort: (r) => r.grants.length, numeric: true },
    { id: "policy", label: "roles.policy", text: (r) => (r.password_policy ? t("roles.own") : t("roles.tenants")) },
    { id: "networks", label: "field.networks", text: (r) => r.networks.join(" "), extra: true },
  ],
  emptyTitle: "roles.empty",
  emptyText: "roles.emptyAbout",
};

export default function Roles() {
  const may = useMay();
  return (
    <ListScreen
      list={roles}
      actions={
        may("role.write") && (
          <Link className="button primary" href="/portal/roles/new">
            {t("roles.create")}
          </Link>
        )
      }
    />
  );
}
