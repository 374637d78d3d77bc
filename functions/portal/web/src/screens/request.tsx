import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, must, type Schemas } from "../api";
import { keyOf, open, Unfit } from "../archive";
import { useMay } from "../client";
import { away, number, time } from "../format";
import { label, t } from "../i18n";
import { base64 } from "../proof";
import { textOf } from "../sending";
import { Steps } from "../signin";
import { Button, Card, Facts, Failed, Field, Head, Id, Json, State, Waiting } from "../ui";
import { Decide } from "./privacy";

/** A request of a data subject: what is asked, until when, what came of it. */
export default function PrivacyRequest({ id }: { id: string }) {
  const may = useMay();
  const read = useQuery({ queryKey: ["privacy-requests", id], queryFn: () => must(api.GET("/privacy/v1/requests/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const r = read.data.request;
  const certificate = r.certificate;
  const over = r.status === "completed" || r.status === "refused";
  return (
    <>
      <Head
        title={
          <>
            {label(r.type)} <State value={r.status} />
          </>
        }
        about={<Id value={r.id} />}
      >
        <Decide of={r} />
      </Head>
      <div className="cards two">
        <Card title={t("privacy.asked")}>
          <Facts
            items={[
              [t("field.customer"), may("customer.read") ? <Link href={`/portal/customers/${r.customer}`}>{r.customer}</Link> : r.customer],
              [t("field.reference"), r.reference],
              [t("privacy.aboutField"), r.about],
              [t("privacy.received"), time(r.received_at)],
              [t("privacy.due"), over ? time(r.due_at) : `${time(r.due_at)} (${away(r.due_at)})`],
              [t("privacy.extended"), t(r.extended ? "yes" : "no")],
            ]}
          />
        </Card>
        <Card title={t("approvals.decision")}>
          <Facts
            items={[
              [t("approvals.by"), r.decided_by ? <Id key="by" value={r.decided_by} /> : null],
              [t("field.at"), time(r.decided_at)],
              [t("field.reason"), r.reason],
            ]}
          />
        </Card>
      </div>
      {certificate && (
        <Card title={t("privacy.certificate")}>
          <Facts
            items={[
              [t("privacy.erased"), time(certificate.erased_at)],
              [t("privacy.verified"), time(certificate.verified_at)],
              [t("privacy.backups"), time(certificate.backups_until)],
              [t("privacy.lookups"), number(certificate.lookups)],
              ...certificate.keys.map((key) => [`${label(key.purpose)} ${key.subject}`, `${t("privacy.destroyed")} ${time(key.at)}`] as const),
            ]}
          />
        </Card>
      )}
      {r.archive && <Archive id={id} archive={r.archive} />}
    </>
  );
}

/** Hands a file to whoever is here. */
function hand(name: string, type: string, ...parts: BlobPart[]): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The sealed archive, part by part: to be taken along, or opened here with its key. */
function Archive({ id, archive }: { id: string; archive: NonNullable<Schemas["PrivacyRequest"]["archive"]> }) {
  const [at, tell] = useState<number>();
  const [error, fail] = useState<unknown>();
  const [whole, keep] = useState<Record<string, unknown>>();
  const { bytes, parts, key_id: signer, manifest, signature } = archive;
  const load = async (): Promise<Schemas["PrivacyArchivePart"][]> => {
    const found: Schemas["PrivacyArchivePart"][] = [];
    for (let part = 0; part < parts; part++) {
      tell(part);
      const told = await must(api.GET("/privacy/v1/requests/{id}", { params: { path: { id }, query: { part } as never } }));
      if (told.part) found.push(told.part);
    }
    return found;
  };
  const take = async (): Promise<void> => hand(`${id}.jsonl`, "application/jsonl", (await load()).map((part) => JSON.stringify(part)).join("\n"), "\n");
  const openHere = async (key: string): Promise<void> => {
    const secret = keyOf(key);
    const { public_key: pem } = await must(api.GET("/audit/v1/checkpoints", { params: { query: { limit: 1 } } }));
    const sealed = (await load()).map((part) => base64(part.body));
    const opened = await open({ id, parts, manifest, signature }, secret, sealed, pem);
    keep(JSON.parse(new TextDecoder().decode(opened)) as Record<string, unknown>);
  };
  const run = (work: Promise<void>): Promise<void> => {
    fail(undefined);
    return work.catch(fail).finally(() => tell(undefined));
  };
  const items = typeof whole?.items === "object" && whole.items !== null ? Object.entries(whole.items as Record<string, unknown[]>) : [];
  return (
    <Card title={t("privacy.archive")}>
      <p className="hint">{t("privacy.archiveAbout")}</p>
      <Facts
        items={[
          [t("privacy.size"), `${number(bytes)} B, ${number(parts)}`],
          [t("privacy.signer"), signer],
        ]}
      />
      <div className="row">
        <Button isPending={at !== undefined} onPress={() => void run(take())}>
          {at === undefined ? t("privacy.download") : `${number(at + 1)} / ${number(parts)}`}
        </Button>
      </div>
      {!whole && (
        <Steps label={t("privacy.open")} submit={(data) => run(openHere(textOf(data, "key")))}>
          <Field name="key" label={t("privacy.archiveKey")} hint={t("privacy.archiveKeyHint")} type="password" required />
        </Steps>
      )}
      {error !== undefined && (error instanceof Unfit ? <p className="verdict bad" role="alert">{t(`unfit.${error.what}`, { at: number(error.at) })}</p> : <Failed error={error} />)}
      {whole && (
        <>
          <p className="verdict good" role="status">
            {t("privacy.opened")}
          </p>
          <div className="row">
            <Button onPress={() => hand(`${id}.html`, "text/html", String(whole.page ?? ""))}>{t("privacy.page")}</Button>
            <Button onPress={() => hand(`${id}.json`, "application/json", JSON.stringify(whole, null, 1))}>{t("privacy.data")}</Button>
            <Button
              kind="quiet"
              onPress={() => {
                keep(undefined);
              }}
            >
              {t("privacy.shut")}
            </Button>
          </div>
          {items.map(([what, list]) => (
            <details key={what}>
              <summary>
                {label(what)} <span className="count">{number(Array.isArray(list) ? list.length : 1)}</span>
              </summary>
              <Json name={label(what)} value={list} />
            </details>
          ))}
        </>
      )}
    </Card>
  );
}
