// How a line came about, as the platform keeps it: nothing is reckoned here.

import type { Schemas } from "../api";
import { days, money, time, unitMoney } from "../format";
import { t } from "../i18n";
import { Table } from "../table";

type Line = Schemas["InvoiceLine"];

/** Parts of a period are local days or seconds. No period has as many days, and none as few seconds. */
const SECONDS = 80_000;

/** What a line is about, and for which days where it is for a part of a period. */
export function About({ line: { description, rated } }: { line: Line }) {
  if (!rated?.from || !rated.to) return description;
  return (
    <>
      {description} <span className="hint block">{days(rated.from, rated.to)}</span>
    </>
  );
}

/** What explains lines that are no plain product of quantity and unit amount. */
export function Explained({ lines, currency }: { lines: readonly Line[]; currency: string }) {
  const found = lines.flatMap((line) => (line.rated ? [{ line, rated: line.rated }] : []));
  if (found.length === 0) return null;
  return (
    <details>
      <summary>{t("rated.title")}</summary>
      <div className="explained">
        {found.map(({ line, rated }, place) => (
          <div key={`${place}`}>
            <h3>
              {line.description} ({money(line.amount, currency)})
            </h3>
            {rated.from && rated.to && <p>{t("rated.period", { from: time(rated.from), to: time(rated.to) })}</p>}
            {rated.part !== rated.whole && <p>{t(rated.whole < SECONDS ? "rated.days" : "rated.seconds", { part: rated.part, whole: rated.whole })}</p>}
            {rated.steps.length === 0 ? (
              <p>{t("rated.back")}</p>
            ) : (
              <Table
                caption={t("rated.title")}
                rows={rated.steps}
                cells={[
                  { label: t("field.quantity"), numeric: true, cell: (step) => step.quantity },
                  { label: t("field.unit"), numeric: true, cell: (step) => unitMoney(step.unit_amount, currency) },
                  { label: t("rated.flat"), numeric: true, cell: (step) => unitMoney(step.flat_amount, currency) },
                  { label: t("field.amount"), numeric: true, cell: (step) => unitMoney(step.amount, currency) },
                ]}
              />
            )}
          </div>
        ))}
        <p className="hint">{t("rated.about")}</p>
      </div>
    </details>
  );
}
