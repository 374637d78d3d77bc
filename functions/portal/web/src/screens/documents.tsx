// The document of an invoice or credit note as it was rendered once: PDF and e-invoices, taken away as files whose hash is verified here.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, must, type Schemas } from "../api";
import { Dialog } from "../form";
import { number, time } from "../format";
import { label, t } from "../i18n";
import { base64, hex, sha256 } from "../proof";
import { announce, Button, CloseRow, Facts, Failed, Waiting } from "../ui";

type Format = Schemas["DocumentFormat"];
/** Of what. */
export type Issued = "invoices" | "credit-notes";

const read = (of: Issued, id: string, format?: Format): Promise<Schemas["LegalDocument"]> => {
  const params = { path: { id }, query: { format } };
  return of === "invoices" ? must(api.GET("/billing/v1/invoices/{id}/document", { params })) : must(api.GET("/billing/v1/credit-notes/{id}/document", { params }));
};

const nameOf = (name: string, format: string): string => `${name.replace(/[^\w.-]/g, "-")}${format === "pdf" || format === "html" ? `.${format}` : `-${format}.xml`}`;

/** A button that tells which forms there are. Nothing is read before it is pressed: each look is in the log. */
export function Documents({ of, id, name }: { of: Issued; id: string; name: string }) {
  const [open, show] = useState(false);
  return (
    <>
      <Button onPress={() => show(true)}>{t("documents.do")}</Button>
      {open && (
        <Dialog open wide title={t("documents.title", { name })} close={() => show(false)}>
          <Forms of={of} id={id} name={name} />
          <CloseRow close={() => show(false)} />
        </Dialog>
      )}
    </>
  );
}

function Forms({ of, id, name }: { of: Issued; id: string; name: string }) {
  const known = useQuery({ queryKey: ["documents", id], queryFn: () => read(of, id) });
  const [busy, work] = useState("");
  const [error, fail] = useState<unknown>();
  if (known.isPending) return <Waiting />;
  if (known.isError) return <Failed error={known.error} retry={() => void known.refetch()} />;
  const { status, forms, issued_at } = known.data;
  const save = async (format: Format): Promise<void> => {
    const { content } = await read(of, id, format);
    if (!content) throw new Error(format);
    const bytes = base64(content.body);
    if (hex(await sha256(bytes)) !== content.sha256) return fail(new Error("sha256"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: content.media_type }));
    link.download = nameOf(name, format);
    link.click();
    URL.revokeObjectURL(link.href);
    announce(t("documents.saved", { name: link.download }));
  };
  if (status === "pending")
    return (
      <>
        <p role="status">{t("documents.pending")}</p>
        <div className="row">
          <Button onPress={() => void known.refetch()} isPending={known.isFetching}>
            {t("refresh")}
          </Button>
        </div>
      </>
    );
  return (
    <>
      <p className="hint">{t("documents.about")}</p>
      <Facts items={[[t("field.issued"), time(issued_at)]]} />
      <ul className="forms" aria-label={t("documents.forms")}>
        {forms.map((form) => {
          const name = label(`form_${form.format}`);
          return (
            <li key={form.format}>
              <span className="grow">
                {name}{" "}
                {form.refused ? <span className="wrong block">{t("documents.refused", { rule: form.refused })}</span> : form.bytes != null && <span className="hint">{t("documents.bytes", { size: number(Math.ceil(form.bytes / 1000)) })}</span>}
              </span>
              {!form.refused && (
                <Button
                  aria-label={t("documents.save", { form: name })}
                  isPending={busy === form.format}
                  onPress={() => {
                    work(form.format);
                    fail(undefined);
                    save(form.format as Format)
                      .catch(fail)
                      .finally(() => work(""));
                  }}
                >
                  {t("documents.get")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {error !== undefined && (error instanceof Error && error.message === "sha256" ? <p className="wrong" role="alert">{t("documents.altered")}</p> : <Failed error={error} />)}
    </>
  );
}
