import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call, heads, must, type Schemas } from "../api";
import { useMay, useMe } from "../client";
import { Changes, differences } from "../differences";
import { Action, Dialog, forgetAsked, maybe, textOf, useAsked, wrongField } from "../form";
import { away, time } from "../format";
import { label, t } from "../i18n";
import { Passing } from "../passing";
import { reference } from "../reference";
import { Compared, version, Whole } from "../risk";
import { useRoles } from "../roles";
import { announce, Button, Card, Choice, CloseRow, Empty, Facts, Failed, Field, Head, Id, Json, Secret, State, Waiting } from "../ui";

type Approval = Schemas["Approval"];

export default function Approvals() {
  const may = useMay()("approval.read");
  return may ? <All /> : <Own />;
}

/** Whoever decides nothing still does, or takes back, what they have asked for. */
function Own() {
  return (
    <>
      <Head title={t("nav.approvals")} about={t("approvals.ownAbout")} />
      <Mine alone />
    </>
  );
}

function All() {
  const list = useQuery({ queryKey: ["approvals"], queryFn: () => must(api.GET("/identity/v1/approvals", { params: { query: { limit: 100 } } })) });
  const me = useMe().data;
  const found = list.data?.data ?? [];
  const waiting = found.filter((a) => a.status === "pending");
  const decided = found.filter((a) => a.status !== "pending");
  return (
    <>
      <Head title={t("nav.approvals")} about={t("approvals.about")}>
        <Button onPress={() => void list.refetch()} isPending={list.isFetching}>
          {t("refresh")}
        </Button>
      </Head>
      <Mine />
      {list.isPending ? (
        <Waiting />
      ) : list.isError ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : (
        <>
          {waiting.length === 0 && <Empty title={t("approvals.empty")} text={t("approvals.emptyAbout")} />}
          {waiting.map((a) => (
            <One key={a.id} approval={a} own={a.person === me?.id} />
          ))}
          {decided.length > 0 && <h2>{t("approvals.decided")}</h2>}
          {decided.map((a) => (
            <One key={a.id} approval={a} own={a.person === me?.id} />
          ))}
        </>
      )}
    </>
  );
}

/** What exactly is asked, by whom, until when; and the decision. */
function One({ approval: a, own }: { approval: Approval; own: boolean }) {
  return (
    <Card
      id={a.id}
      title={a.summary}
      actions={
        <span className="row">
          <State value={a.status} />
          {a.status === "pending" && (
            <Action
              label={t("approvals.decide")}
              title={t("approvals.decideTitle")}
              right="approval.decide"
              kind="primary"
              wide
              confirm={t("approvals.confirm")}
              not={own && t("approvals.own")}
              about={
                <>
                  <p>
                    <strong>{a.summary}</strong>
                  </p>
                  <Request of={a} />
                </>
              }
              values={(data) => {
                const decision = textOf(data, "decision");
                if (decision !== "approve" && decision !== "refuse") throw wrongField("decision", t("approvals.choose"));
                return { decision: decision as Schemas["ApprovalDecision"], reason: maybe(data, "reason") };
              }}
              send={(body, under) => must(api.POST("/identity/v1/approvals/{id}", { params: { path: { id: a.id }, header: heads(under) }, body }))}
              changes={[["approvals"]]}
              done={t("approvals.done")}
            >
              {(wrong) => (
                <>
                  <Choice
                    name="decision"
                    label={t("approvals.decision")}
                    wrong={wrong.decision}
                    options={[
                      ["", t("approvals.choose")],
                      ["approve", t("approvals.approve")],
                      ["refuse", t("approvals.refuse")],
                    ]}
                  />
                  <Field name="reason" label={t("field.reason")} maxLength={200} />
                </>
              )}
            </Action>
          )}
        </span>
      }
    >
      <div className="cards two">
        <Facts
          items={[
            [t("approvals.person"), <Id key="p" value={a.person} />],
            ...(a.requester === a.person ? [] : [[t("approvals.through"), <Id key="r" value={a.requester} />] as const]),
            [t("approvals.right"), <code key="right">{a.right}</code>],
            [t("field.created"), time(a.created_at)],
            [t("approvals.expires"), `${time(a.expires_at)} (${away(a.expires_at)})`],
            ...(a.decided_by ? ([[t("approvals.by"), <Id key="by" value={a.decided_by} />], [t("field.reason"), a.reason ?? "–"]] as const) : []),
          ]}
        />
        <div>
          <h3>{t("approvals.request")}</h3>
          <Json name={t("approvals.request")} value={a.request} />
        </div>
      </div>
    </Card>
  );
}

/** What exactly is asked, unmasked for whoever decides or has asked; of a role, what changes. */
function Request({ of }: { of: Approval }) {
  const may = useMay();
  const read = useQuery({ queryKey: ["approvals", of.id], queryFn: () => must(api.GET("/identity/v1/approvals/{id}", { params: { path: { id: of.id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} />;
  const { request } = read.data;
  return (
    <>
      {of.function === "put_role" && may("role.read") && <RoleChanges request={request} />}
      {of.function === "publish_risk_rules" && <RulesChanges number={String(request.version)} />}
      <Json name={t("approvals.request")} value={request} />
    </>
  );
}

/** Of a version of the rules of risk, which the request only names: what it changes of what is in force, and all that it says. */
function RulesChanges({ number: n }: { number: string }) {
  const may = useMay()("risk.read");
  const [rules, asked] = useQueries({
    queries: [
      { queryKey: ["risk-rules"], queryFn: () => must(api.GET("/risk/v1/rules")), enabled: may },
      { queryKey: ["risk-rules", Number(n)], queryFn: () => must(api.GET("/risk/v1/rules/{version}", { params: { path: { version: n as never } } })), enabled: may },
    ],
  });
  if (!may) return <p className="wrong">{t("approvals.rulesUnseen")}</p>;
  if (rules.isError || asked.isError) return <Failed error={rules.error ?? asked.error} />;
  if (!rules.data || !asked.data) return <Waiting />;
  const of = version(asked.data);
  const title = t("rules.tryVersion", { version: n });
  return (
    <>
      <h3>{t("rules.compared")}</h3>
      <Compared live={version(rules.data.live)} of={of} />
      <h3>{title}</h3>
      <Whole title={title} of={of} />
    </>
  );
}

function RoleChanges({ request }: { request: Record<string, unknown> }) {
  const roles = useRoles();
  if (!roles.data) return null;
  const next = request as unknown as Schemas["PutRoleRequest"] & { id: string };
  const exclusions = (next.exclusions ?? []).map(({ one, other }) => [one, other]);
  return <Changes lines={differences(roles.data.find((r) => r.id === next.id), { name: next.name, grants: next.grants, exclusions, networks: next.networks ?? [] })} />;
}

/** Makes the very call that was asked for, with what a second person gave: as it was kept in this tab, or from what the approval says. */
async function again(approval: Approval): Promise<unknown> {
  const [{ request }, { operations }] = await Promise.all([must(api.GET("/identity/v1/approvals/{id}", { params: { path: { id: approval.id } } })), reference()]);
  const operation = operations.find((o) => o.id === approval.function);
  if (!operation) throw new Error(approval.function);
  const body = { ...request };
  let path = operation.path;
  for (const { name } of operation.parameters.filter((p) => p.in === "path")) {
    path = path.replace(`{${name}}`, encodeURIComponent(String(body[name])));
    delete body[name];
  }
  const keyed = operation.parameters.some((p) => p.name === "Idempotency-Key");
  return call(operation.method, path, operation.body ? body : undefined, { "Approval-Id": approval.id, ...(keyed ? { "Idempotency-Key": crypto.randomUUID() } : {}) });
}

/** What whoever is here has asked for: it is done when it is repeated, with what a second person gave; or it is taken back. */
function Mine({ alone = false }: { alone?: boolean }) {
  const mine = useQuery({ queryKey: ["approvals", "mine"], queryFn: () => must(api.GET("/identity/v1/me/approvals", { params: { query: { limit: 50 } } })) });
  const asked = useAsked();
  const client = useQueryClient();
  const [errors, fail] = useState<Record<string, unknown>>({});
  const [busy, work] = useState("");
  const [told, tell] = useState<unknown>();
  const open = (mine.data?.data ?? []).filter((a) => a.status === "pending" || a.status === "approved");
  if (open.length === 0 && !told) return alone ? mine.isPending ? <Waiting /> : mine.isError ? <Failed error={mine.error} retry={() => void mine.refetch()} /> : <Empty title={t("approvals.empty")} text={t("approvals.emptyOwn")} /> : null;
  const repeat = async (approval: Approval, title: string): Promise<void> => {
    const kept = asked.find((one) => one.id === approval.id);
    const answer = await (kept ? kept.repeat() : again(approval));
    forgetAsked(approval.id);
    announce(t("approvals.repeated", { what: title }));
    // Everything may look otherwise now.
    void client.invalidateQueries();
    // What is told once must be seen.
    if (Object.keys(secretsOf(answer)).length > 0) tell(answer);
  };
  return (
    <Card title={t("approvals.mine")}>
      <p className="hint">{t("approvals.mineAbout")}</p>
      <ul className="plain">
        {open.map((a) => {
          const title = asked.find((one) => one.id === a.id)?.title ?? a.summary;
          return (
            <li key={a.id} className="row">
              <strong>{title}</strong> <State value={a.status} /> <Id value={a.id} />
              <Button
                kind={a.status === "approved" ? "primary" : "plain"}
                isPending={busy === a.id}
                onPress={() => {
                  work(a.id);
                  fail({});
                  repeat(a, title)
                    .catch((error: unknown) => fail({ [a.id]: error }))
                    .finally(() => work(""));
                }}
              >
                {t("approvals.repeat")}
              </Button>
              <Action
                label={t("approvals.withdraw")}
                about={a.summary}
                kind="quiet"
                values={() => ({})}
                send={() => must(api.DELETE("/identity/v1/approvals/{id}", { params: { path: { id: a.id } } }))}
                changes={[["approvals"]]}
                done={t("approvals.withdrawn")}
                then={() => forgetAsked(a.id)}
              />
              {errors[a.id] !== undefined && <Failed error={errors[a.id]} />}
            </li>
          );
        })}
      </ul>
      {told !== undefined && (
        <Dialog open title={t("approvals.result")} close={() => tell(undefined)}>
          {/* Card and account numbers are seen for a while; other secrets until they are taken. */}
          {Object.entries(secretsOf(told)).map(([name, value]) =>
            name === "number" || name === "iban" ? (
              <Passing key={name}>
                <Id value={value} />
              </Passing>
            ) : (
              <Secret key={name} label={label(name)} value={value} />
            ),
          )}
          <CloseRow close={() => tell(undefined)} />
        </Dialog>
      )}
    </Card>
  );
}

/** What of an answer is told once, by its name. */
function secretsOf(answer: unknown): Record<string, string> {
  const found = Object.entries(typeof answer === "object" && answer !== null ? answer : {});
  return Object.fromEntries(found.filter((pair): pair is [string, string] => /(^|_)(secret|key|number|iban)$/.test(pair[0]) && typeof pair[1] === "string"));
}
