// What a draft would be once it is issued: the same reckoning as the issue itself. Its hash has the issue refused where anything differs.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, must } from "../api";
import { Dialog } from "../form";
import { t } from "../i18n";
import { Button, CloseRow, Failed, Waiting } from "../ui";
import { Sums } from "./invoice-sums";

/** Tells the hash of what it shows. */
export function Preview({ id, seen }: { id: string; seen?: (hash: string) => void }) {
  // Each look is a new reckoning; what is done with the invoice makes none.
  const read = useQuery({ queryKey: ["invoice-previews", id], queryFn: () => must(api.POST("/billing/v1/invoices/{id}/preview", { params: { path: { id } }, body: {} })), staleTime: 0, gcTime: 0 });
  const hash = read.data?.hash;
  useEffect(() => {
    if (hash) seen?.(hash);
  }, [hash, seen]);
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} />;
  return (
    <div className="card">
      <Sums of={read.data.invoice} />
    </div>
  );
}

export function PreviewButton({ id }: { id: string }) {
  const [open, show] = useState(false);
  return (
    <>
      <Button onPress={() => show(true)}>{t("invoices.preview")}</Button>
      {open && (
        <Dialog open wide title={t("invoices.preview")} close={() => show(false)}>
          <p>{t("invoices.previewAbout")}</p>
          <Preview id={id} />
          <CloseRow close={() => show(false)} />
        </Dialog>
      )}
    </>
  );
}
