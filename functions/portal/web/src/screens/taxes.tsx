// How lines are taxed, in words.

import type { Schemas } from "../api";
import { label, t } from "../i18n";

/** A treatment for people: its rate where there is one, else why none is charged. */
export function treated({ category, country, rate, reason }: Schemas["TaxTreatment"]): string {
  const where = country ? ` ${country}` : "";
  return category === "S" ? t("taxes.rate", { rate, where }) : `${label(`tax_${category}`)}${where}${reason ? ` (${reason})` : ""}`;
}
