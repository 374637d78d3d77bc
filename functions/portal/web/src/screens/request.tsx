import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, must } from "../api";
import { useMay } from "../client";
import { away, number, time } from "../format";
import { label, t } from "../i18n";
import { Button, Card, Facts, Failed, Head, Id, State, Waiting } from "../ui";
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
      {r.archive && <Archive id={id} bytes={r.archive.bytes} parts={r.archive.parts} signer={r.archive.key_id} />}
    </>
  );
}

/** The sealed archive, part by part, to be taken along; whoever asked has its key. */
function Archive({ id, bytes, parts, signer }: { id: string; bytes: number; parts: number; signer: string }) {
  const [at, tell] = useState<number>();
  const [error, fail] = useState<unknown>();
  const fetchAll = async (): Promise<void> => {
    fail(undefined);
    const lines: string[] = [];
    for (let part = 0; part < parts; part++) {
      tell(part);
      const told = await must(api.GET("/privacy/v1/requests/{id}", { params: { path: { id }, query: { part } as never } }));
      if (told.part) lines.push(JSON.stringify(told.part));
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\n"), "\n"], { type: "application/jsonl" }));
    link.download = `${id}.jsonl`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
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
        <Button
          isPending={at !== undefined}
          onPress={() => {
            fetchAll()
              .catch(fail)
              .finally(() => tell(undefined));
          }}
        >
          {at === undefined ? t("privacy.download") : `${number(at + 1)} / ${number(parts)}`}
        </Button>
      </div>
      {error !== undefined && <Failed error={error} />}
    </Card>
  );
}
