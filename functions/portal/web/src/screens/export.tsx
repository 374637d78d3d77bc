// The audit log, taken away: an export is asked for, waited for and read part by part; nothing of it stays in the page.

import { useState } from "react";
import { Form } from "react-aria-components/Form";
import { api, heads, must, type Schemas } from "../api";
import { useMay } from "../client";
import { Dialog, textOf } from "../form";
import { dayBound, number } from "../format";
import { t } from "../i18n";
import { announce, Button, Choice, Failed, Field } from "../ui";

type Export = Schemas["Export"];
const FORMATS: readonly Schemas["ExportFormat"][] = ["bundle", "jsonl", "csv", "ocsf"];
const ENDINGS: Record<string, string> = { bundle: "bundle.jsonl", jsonl: "jsonl", csv: "csv", ocsf: "ocsf.jsonl" };
/** Milliseconds between two looks at whether it is ready. */
const LOOK = 1_000;

/** Hands a file to whoever is here. */
function hand(name: string, parts: string[]): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function ExportAction() {
  const may = useMay();
  const [open, show] = useState(false);
  if (!may("audit.export")) return null;
  return (
    <>
      <Button onPress={() => show(true)}>{t("export.do")}</Button>
      {open && <Asked close={() => show(false)} />}
    </>
  );
}

function Asked({ close }: { close: () => void }) {
  const [format, choose] = useState<string>("bundle");
  const [at, tell] = useState<{ done: number; all?: number }>();
  const [error, fail] = useState<unknown>();
  const take = async (data: FormData): Promise<void> => {
    const bound = (name: string, end: boolean): string | undefined => (textOf(data, name) && format !== "bundle" ? dayBound(textOf(data, name), end) : undefined);
    const body: Schemas["CreateExportRequest"] = { format: format as Schemas["ExportFormat"], from: bound("from", false), to: bound("to", true) };
    let made: Export = await must(api.POST("/audit/v1/exports", { params: { header: heads({ key: crypto.randomUUID() }) }, body }));
    const path = { id: made.id };
    while (made.parts == null) {
      if (made.status !== "pending") throw new Error(made.status);
      await new Promise((then) => setTimeout(then, LOOK));
      made = await must(api.GET("/audit/v1/exports/{id}", { params: { path } }));
    }
    const lines: string[] = [];
    for (let part = 0; part < made.parts; part++) {
      tell({ done: part, all: made.parts });
      const page: Export = await must(api.GET("/audit/v1/exports/{id}", { params: { path, query: { part } as never } }));
      lines.push(...(page.lines ?? []).map((one) => `${one}\n`));
    }
    hand(`audit.${ENDINGS[format] ?? "txt"}`, lines);
    announce(t("export.done", { count: number(made.entries ?? lines.length) }));
  };
  const key = async (): Promise<void> => hand("audit-key.pem", [(await must(api.GET("/audit/v1/checkpoints", { params: { query: { limit: 1 } } }))).public_key]);
  return (
    <Dialog open title={t("export.title")} close={() => !at && close()}>
      <p>{t("export.about")}</p>
      <Form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (at) return;
          const data = new FormData(event.currentTarget);
          fail(undefined);
          tell({ done: 0 });
          take(data)
            .catch(fail)
            .finally(() => tell(undefined));
        }}
      >
        <Choice name="format" label={t("export.format")} value={format} onChange={choose} options={FORMATS.map((one) => [one, t(`export.${one}`)] as const)} />
        {format !== "bundle" && (
          <>
            <Field name="from" label={t("field.from")} type="date" />
            <Field name="to" label={t("field.to")} type="date" />
          </>
        )}
        {at && <progress aria-label={t("export.title")} max={at.all ?? 1} value={at.all === undefined ? undefined : at.done} />}
        {error !== undefined && <Failed error={error} />}
        <div className="row end">
          <Button kind="quiet" isDisabled={at !== undefined} onPress={close}>
            {t("close")}
          </Button>
          <Button onPress={() => void key().catch(fail)}>{t("export.key")}</Button>
          <Button kind="primary" type="submit" isPending={at !== undefined}>
            {t("export.take")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
