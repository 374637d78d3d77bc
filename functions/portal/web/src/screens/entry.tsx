import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, must, Refused } from "../api";
import { time } from "../format";
import { t } from "../i18n";
import { type Step, verify } from "../proof";
import { Button, Card, Facts, Failed, Head, Id, Json, State, Waiting } from "../ui";

type Said = Record<string, unknown>;

/** Fields that are not the same before and after. */
function Diff({ before, after }: { before: Said; after: Said }) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).sort();
  const shown = (value: unknown): string => (value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));
  return (
    <div className="scroll">
      <table>
        <caption className="unseen">{t("audit.diff")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("audit.fieldName")}</th>
            <th scope="col">{t("audit.before")}</th>
            <th scope="col">{t("audit.after")}</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <td data-label={t("audit.fieldName")}>
                <code>{name}</code>
              </td>
              <td data-label={t("audit.before")}>
                {name in before ? <del>{shown(before[name])}</del> : "–"}
              </td>
              <td data-label={t("audit.after")}>
                {name in after ? <ins>{shown(after[name])}</ins> : "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const object = (value: unknown): Said | undefined => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Said) : undefined);

export default function Entry({ id }: { id: string }) {
  const read = useQuery({ queryKey: ["audit", id], queryFn: () => must(api.GET("/audit/v1/entries/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const entry = read.data.entry as Said;
  const details = object(entry.details) ?? {};
  const [before, after] = [object(details.before), object(details.after)];
  const text = (name: string): string | null => {
    const value = entry[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : null;
  };
  return (
    <>
      <Head
        title={
          <>
            {read.data.activity} <State value={read.data.outcome} />
          </>
        }
        about={<Id value={read.data.id} />}
      />
      <div className="cards two">
        <Card title={t("audit.who")}>
          <Facts
            items={[
              [t("field.at"), time(text("at"))],
              [t("field.actor"), read.data.actor ? <Id key="actor" value={read.data.actor} /> : t("audit.nobody")],
              [t("field.session"), text("session")],
              [t("field.address"), text("address")],
              [t("field.device"), text("agent")],
            ]}
          />
        </Card>
        <Card title={t("audit.what")}>
          <Facts
            items={[
              [t("field.path"), `${text("method") ?? ""} ${text("path") ?? ""}`],
              [t("field.httpStatus"), text("status")],
              [t("approvals.right"), text("right")],
              [t("audit.grant"), text("grant")],
              [t("field.reason"), text("reason")],
              [t("field.request"), text("request_id")],
            ]}
          />
        </Card>
      </div>
      <Verified id={id} body={read.data.body} sealed={read.data.sealed != null} refresh={() => void read.refetch()} />
      {(before || after) && (
        <Card title={t("audit.diff")}>
          <Diff before={before ?? {}} after={after ?? {}} />
        </Card>
      )}
      <Card title={t("audit.whole")}>
        <Json name={t("audit.whole")} value={entry} />
      </Card>
      <p>
        <Link href={`/portal/audit?actor=${encodeURIComponent(read.data.actor)}`}>{t("audit.sameActor")}</Link>
      </p>
    </>
  );
}

/** The proof, fetched and then verified on this machine. */
function Verified({ id, body, sealed, refresh }: { id: string; body: string; sealed: boolean; refresh: () => void }) {
  const [asked, ask] = useState(false);
  const proof = useQuery({
    queryKey: ["proof", id],
    enabled: asked,
    queryFn: async () => {
      const [proof, keys] = await Promise.all([
        must(api.GET("/audit/v1/entries/{id}/proof", { params: { path: { id } } })),
        must(api.GET("/audit/v1/checkpoints", { params: { query: { limit: 1 } } })),
      ]);
      return { proof, found: await verify({ ...proof, body }, keys.public_key) };
    },
  });
  const steps: Step[] = ["leaf", "inclusion", "root", "size", "signature"];
  const found = proof.data?.found;
  return (
    <Card
      title={t("proof.title")}
      actions={
        <Button
          kind="primary"
          isPending={proof.isFetching}
          onPress={() => {
            refresh();
            if (asked) void proof.refetch();
            else ask(true);
          }}
        >
          {t("proof.verify")}
        </Button>
      }
    >
      <p className="hint">{t(sealed ? "proof.about" : "proof.notYet")}</p>
      {proof.isError && (proof.error instanceof Refused && proof.error.problem.code === "not_sealed_yet" ? <p role="status">{t("proof.unsigned")}</p> : <Failed error={proof.error} />)}
      {found && (
        <div role="status">
          <p className={found.broken ? "verdict bad" : "verdict good"}>{t(found.broken ? "proof.bad" : "proof.good")}</p>
          <ol className="steps">
            {steps.map((step) => (
              <li key={step} className={found.held.includes(step) ? "held" : found.broken === step ? "broken" : "untried"}>
                <span aria-hidden="true">{found.held.includes(step) ? "✓" : found.broken === step ? "✗" : "·"}</span> {t(`proof.${step}`)}
                {found.broken === step && ` – ${t("proof.broken")}`}
              </li>
            ))}
          </ol>
          {proof.data && (
            <Facts
              items={[
                [t("proof.place"), `${proof.data.proof.index} / ${proof.data.proof.size}`],
                [t("proof.leafHash"), <code key="leaf">{proof.data.proof.leaf}</code>],
                [t("proof.rootHash"), <code key="root">{proof.data.proof.root}</code>],
              ]}
            />
          )}
        </div>
      )}
    </Card>
  );
}
