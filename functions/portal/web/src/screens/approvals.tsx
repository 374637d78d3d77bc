import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, heads, must, type Schemas } from "../api";
import { useMe } from "../client";
import { Action, forgetAsked, maybe, textOf, useAsked, wrongField } from "../form";
import { away, time } from "../format";
import { t } from "../i18n";
import { announce, Button, Card, Choice, Empty, Facts, Failed, Field, Head, Id, Json, State, Waiting } from "../ui";

type Approval = Schemas["Approval"];

export default function Approvals() {
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
      <Mine approvals={found} />
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
                  <Json name={t("approvals.request")} value={a.request} />
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

/** What was asked for in this tab: it is done when it is repeated, with what a second person gave. */
function Mine({ approvals }: { approvals: readonly Approval[] }) {
  const asked = useAsked();
  const client = useQueryClient();
  const [errors, fail] = useState<Record<string, unknown>>({});
  const [busy, work] = useState("");
  if (asked.length === 0) return null;
  return (
    <Card title={t("approvals.mine")}>
      <p className="hint">{t("approvals.mineAbout")}</p>
      <ul className="plain">
        {asked.map((one) => {
          const status = approvals.find((a) => a.id === one.id)?.status ?? "pending";
          return (
            <li key={one.id} className="row">
              <strong>{one.title}</strong> <State value={status} /> <Id value={one.id} />
              <Button
                kind={status === "approved" ? "primary" : "plain"}
                isDisabled={status === "refused"}
                isPending={busy === one.id}
                onPress={() => {
                  work(one.id);
                  fail({});
                  one
                    .repeat()
                    .then(() => {
                      forgetAsked(one.id);
                      announce(t("approvals.repeated", { what: one.title }));
                      void client.invalidateQueries({ queryKey: ["approvals"] });
                    })
                    .catch((error: unknown) => fail({ [one.id]: error }))
                    .finally(() => work(""));
                }}
              >
                {t("approvals.repeat")}
              </Button>
              {errors[one.id] !== undefined && <Failed error={errors[one.id]} />}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
