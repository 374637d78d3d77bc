// A new version of a role: what it grants and for which objects, which rights exclude each other; what changes is shown before it is asked
// for, and a second person approves it.

import { useState } from "react";
import { useLocation } from "wouter";
import { api, approvalOf, must, type Schemas } from "../api";
import { type Draft, draftOf, filterOf, holds, inWords, type Operator, operatorsOf, type Right } from "../filter";
import { Action } from "../form";
import { number } from "../format";
import { t } from "../i18n";
import { Changes, differences } from "../differences";
import { type Conflict, conflicts, type Role, useRights, useRoles } from "../roles";
import { Button, Card, Empty, Failed, Field, Head, Waiting } from "../ui";

interface Grant {
  key: number;
  right: string;
  effect: "allow" | "deny";
  draft: Draft;
}
interface State {
  id: string;
  name: string;
  networks: string;
  grants: Grant[];
  exclusions: [string, string][];
}

let keys = 0;
const stateOf = (role: Role | undefined): State => ({
  id: role?.id ?? "",
  name: role?.name ?? "",
  networks: role?.networks.join("\n") ?? "",
  grants: (role?.grants ?? []).map((g) => ({ key: keys++, right: g.right, effect: g.effect === "deny" ? "deny" : "allow", draft: draftOf(g.filter) })),
  exclusions: (role?.exclusions ?? []).map(([one = "", other = ""]) => [one, other]),
});
const networksOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** One of a few, named for whoever does not see where it stands. */
function Pick({ name, value, options, onChange }: { name: string; value: string; options: readonly (readonly [string, string])[]; onChange: (value: string) => void }) {
  return (
    <select className="input" aria-label={name} value={value} onChange={(event) => onChange(event.target.value)}>
      {options.map(([option, shown]) => (
        <option key={option} value={option}>
          {shown}
        </option>
      ))}
    </select>
  );
}

export default function RoleEdit({ id }: { id?: string }) {
  const roles = useRoles();
  const rights = useRights();
  if (roles.isPending || rights.isPending) return <Waiting />;
  if (roles.isError) return <Failed error={roles.error} />;
  if (rights.isError) return <Failed error={rights.error} />;
  const role = roles.data.find((r) => r.id === id);
  if (id && !role) return <Empty title={t("lost.title")} text={t("roles.none", { id })} />;
  return <Editor key={`${id} ${role?.version}`} role={role} roles={roles.data} rights={rights.data.data} />;
}

function Editor({ role, roles, rights }: { role?: Role; roles: readonly Role[]; rights: readonly Right[] }) {
  const [, go] = useLocation();
  const [state, set] = useState(() => stateOf(role));
  const change = (part: Partial<State>): void => set((old) => ({ ...old, ...part }));
  const made = state.grants.map((g) => ({ ...g, ...filterOf(g.draft, rights.find((r) => r.name === g.right)) }));
  const wrong = made.find((g) => g.wrong);
  const against = conflicts(state.id, state.grants, state.exclusions, roles);
  const changed = differences(role, { name: state.name.trim(), grants: made, exclusions: state.exclusions, networks: networksOf(state.networks) });
  const taken = !role && roles.some((r) => r.id === state.id);
  const not =
    (!/^[a-z][a-z0-9_]{0,63}$/.test(state.id) && t("roles.needsId")) ||
    (taken && t("roles.taken")) ||
    (!state.name.trim() && t("roles.needsName")) ||
    (wrong && `${wrong.right}: ${wrong.wrong ?? ""}`) ||
    (against.some((one) => !one.role) && t("roles.conflictOwn")) ||
    (changed.length === 0 && t("roles.same"));
  return (
    <>
      <Head title={role ? t("roles.editTitle", { name: role.name }) : t("roles.create")} about={t("roles.editAbout")}>
        <Action
          label={role ? t("roles.saveAs", { version: number(role.version + 1) }) : t("roles.create")}
          title={t("roles.review")}
          confirm={t("roles.ask")}
          right="role.write"
          kind="primary"
          wide
          not={not}
          about={
            <>
              <p>{t("roles.reviewAbout")}</p>
              <Changes lines={changed} />
            </>
          }
          values={(): Schemas["PutRoleRequest"] => ({
            name: state.name.trim(),
            replaces: role?.version ?? 0,
            grants: made.map(({ right, effect, filter }) => ({ right, effect, ...(filter ? { filter } : {}) })),
            exclusions: state.exclusions.map(([one, other]) => ({ one, other })),
            networks: networksOf(state.networks),
          })}
          send={(body, under) => must(api.PUT("/identity/v1/roles/{id}", { params: { path: { id: state.id }, header: approvalOf(under) }, body }))}
          changes={[["roles"]]}
          done={t("roles.saved")}
          then={() => go(`/portal/roles/${state.id}`)}
        />
      </Head>
      <Card title={t("roles.what")}>
        <div className="cards two">
          {!role && <Field name="id" label={t("field.id")} hint={t("roles.idHint")} value={state.id} onChange={(next) => change({ id: next })} mono autoFocus />}
          <Field name="name" label={t("field.name")} value={state.name} onChange={(name) => change({ name })} maxLength={200} />
          <Field name="networks" label={t("field.networks")} hint={t("roles.networksHint")} value={state.networks} onChange={(networks) => change({ networks })} mono />
        </div>
      </Card>
      {against.length > 0 && <Warning conflicts={against} />}
      <Grants rights={rights} grants={state.grants} change={(grants) => change({ grants })} />
      <Exclusions rights={rights} pairs={state.exclusions} change={(exclusions) => change({ exclusions })} />
    </>
  );
}

function Warning({ conflicts: found }: { conflicts: readonly Conflict[] }) {
  return (
    <section className="warning" role="status" aria-label={t("roles.conflicts")}>
      <strong>{t("roles.conflicts")}</strong>
      <ul>
        {found.slice(0, 8).map(({ one, other, role }) => (
          <li key={`${one} ${other} ${role ?? ""}`}>{role ? t("roles.conflictWith", { one, other, role }) : t("roles.conflictSelf", { one, other })}</li>
        ))}
      </ul>
    </section>
  );
}

/** The catalogue, with what the role has of each right. */
function Grants({ rights, grants, change }: { rights: readonly Right[]; grants: readonly Grant[]; change: (grants: Grant[]) => void }) {
  const [wanted, want] = useState("");
  const [mine, only] = useState(false);
  const text = wanted.trim().toLowerCase();
  const shown = rights.filter((r) => (!text || `${r.name} ${r.about}`.toLowerCase().includes(text)) && (!mine || grants.some((g) => g.right === r.name)));
  const add = (right: string, effect: Grant["effect"]): void => change([...grants, { key: keys++, right, effect, draft: { of: "everything" } }]);
  const put = (grant: Grant): void => change(grants.map((g) => (g.key === grant.key ? grant : g)));
  return (
    <Card title={t("field.rights")}>
      <div className="row finder">
        <Field name="wanted" label={t("roles.find")} value={wanted} onChange={want} />
        <label className="check">
          <input type="checkbox" checked={mine} onChange={(event) => only(event.target.checked)} />
          <span>{t("roles.onlyGranted")}</span>
        </label>
      </div>
      <ul className="rights-edit">
        {shown.map((right) => {
          const own = grants.filter((g) => g.right === right.name);
          return (
            <li key={right.name} className={own.length > 0 ? "has" : undefined}>
              <div className="what">
                <code>{right.name}</code>
                <span className="hint">{right.about}</span>
              </div>
              <div className="grants">{own.map((grant) => <GrantLine key={grant.key} grant={grant} right={right} put={put} remove={() => change(grants.filter((g) => g.key !== grant.key))} />)}</div>
              <div className="row add">
                <Button aria-label={t(own.some((g) => g.effect === "allow") ? "roles.allowMoreRight" : "roles.allowRight", { right: right.name })} onPress={() => add(right.name, "allow")}>
                  {t(own.some((g) => g.effect === "allow") ? "roles.allowMore" : "roles.allow")}
                </Button>
                <Button kind="quiet" aria-label={t("roles.denyRight", { right: right.name })} onPress={() => add(right.name, "deny")}>
                  {t("roles.deny")}
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
      {shown.length === 0 && <Empty title={t("list.nothing")} text={t("roles.noRight")} />}
    </Card>
  );
}

function GrantLine({ grant, right, put, remove }: { grant: Grant; right: Right; put: (grant: Grant) => void; remove: () => void }) {
  const { draft } = grant;
  const said = filterOf(draft, right);
  const first = right.attributes[0];
  const to = (draft: Draft): void => put({ ...grant, draft });
  return (
    <fieldset className={`grant ${grant.effect}`}>
      <legend className="unseen">{`${t(grant.effect === "allow" ? "roles.allowed" : "roles.denied")} ${right.name}`}</legend>
      <div className="row">
        <strong className={grant.effect === "allow" ? "good" : "bad"}>{t(grant.effect === "allow" ? "roles.allowed" : "roles.denied")}</strong>
        <span className="grow">{said.wrong ? <span className="wrong">{said.wrong}</span> : inWords(said.filter)}</span>
        {draft.of === "everything" && first !== undefined && (
          <Button kind="quiet" onPress={() => to({ of: "conditions", all: true, conditions: [{ attribute: first, operator: operatorsOf(right, first)[0] ?? "eq", value: "" }] })}>
            {t("roles.onlySome")}
          </Button>
        )}
        {draft.of !== "everything" && (
          <Button kind="quiet" onPress={() => to({ of: "everything" })}>
            {t("roles.forAll")}
          </Button>
        )}
        <Button kind="quiet" aria-label={t("roles.removeGrant", { right: right.name })} onPress={remove}>
          {t("remove")}
        </Button>
      </div>
      {draft.of === "text" && (
        <label className="field">
          <span>{t("filter.text")}</span>
          <textarea className="input mono" rows={5} value={draft.text} onChange={(event) => to({ of: "text", text: event.target.value })} />
        </label>
      )}
      {draft.of === "conditions" && (
        <>
          {draft.conditions.map((one, place) => {
            const next = (part: Partial<typeof one>): void => to({ ...draft, conditions: draft.conditions.map((c, at) => (at === place ? { ...c, ...part } : c)) });
            const operators = operatorsOf(right, one.attribute);
            return (
              <div className="condition" key={`${place}`}>
                <Pick
                  name={t("filter.attribute")}
                  value={one.attribute}
                  options={right.attributes.map((a) => [a, a] as const)}
                  onChange={(attribute) => next({ attribute, operator: operatorsOf(right, attribute).includes(one.operator) ? one.operator : "eq" })}
                />
                <Pick name={t("filter.comparison")} value={one.operator} options={operators.map((o) => [o, t(`filter.op.${o}`)] as const)} onChange={(operator) => next({ operator: operator as Operator })} />
                {one.operator !== "self_eq" && (
                  <input
                    className="input mono"
                    aria-label={t("filter.value")}
                    placeholder={one.operator === "in" ? t("filter.values") : holds(right, one.attribute) === "currency" ? "EUR" : ""}
                    value={one.value}
                    onChange={(event) => next({ value: event.target.value })}
                  />
                )}
                {draft.conditions.length > 1 && (
                  <Button kind="quiet" aria-label={t("filter.remove", { attribute: one.attribute })} onPress={() => to({ ...draft, conditions: draft.conditions.filter((_, at) => at !== place) })}>
                    {t("remove")}
                  </Button>
                )}
              </div>
            );
          })}
          <div className="row">
            {first !== undefined && (
              <Button kind="quiet" onPress={() => to({ ...draft, conditions: [...draft.conditions, { attribute: first, operator: operatorsOf(right, first)[0] ?? "eq", value: "" }] })}>
                {t("filter.more")}
              </Button>
            )}
            {draft.conditions.length > 1 && (
              <Pick
                name={t("filter.together")}
                value={draft.all ? "all" : "any"}
                options={[
                  ["all", t("filter.all")],
                  ["any", t("filter.any")],
                ]}
                onChange={(all) => to({ ...draft, all: all === "all" })}
              />
            )}
          </div>
        </>
      )}
    </fieldset>
  );
}

function Exclusions({ rights, pairs, change }: { rights: readonly Right[]; pairs: readonly [string, string][]; change: (pairs: [string, string][]) => void }) {
  const [first, second] = [rights[0]?.name ?? "", rights[1]?.name ?? ""];
  const options = rights.map((r) => [r.name, r.name] as const);
  return (
    <Card title={t("roles.exclusions")}>
      <p className="hint">{t("roles.exclusionsAbout")}</p>
      {pairs.map((pair, place) => {
        const put = (next: [string, string]): void => change(pairs.map((p, at) => (at === place ? next : p)));
        return (
          <div className="condition pair" key={`${place}`}>
            <Pick name={t("roles.one")} value={pair[0]} options={options} onChange={(one) => put([one, pair[1]])} />
            <Pick name={t("roles.other")} value={pair[1]} options={options} onChange={(other) => put([pair[0], other])} />
            <Button kind="quiet" aria-label={t("roles.removePair", { one: pair[0], other: pair[1] })} onPress={() => change(pairs.filter((_, at) => at !== place))}>
              {t("remove")}
            </Button>
            {pair[0] === pair[1] && <span className="wrong">{t("roles.twoRights")}</span>}
          </div>
        );
      })}
      <div className="row">
        <Button onPress={() => change([...pairs, [first, second]])}>{t("roles.addPair")}</Button>
      </div>
    </Card>
  );
}
