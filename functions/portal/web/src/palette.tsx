// Ctrl-K: where to go, by name; or straight to whatever an id names.

import { useId, useState } from "react";
import { useLocation } from "wouter";
import type { Place } from "./app";
import { Dialog } from "./form";
import { t } from "./i18n";

/** Where things with an id are shown, by its prefix. */
const BY_PREFIX: Record<string, string> = { cus: "customers", pay: "payments", inv: "invoices", sub: "subscriptions", usr: "users", aud: "audit", dsr: "privacy", prod: "products", rls: "risk-lists", cn: "credit-notes", jre: "journal", chk: "risk-checks" };

export default function Palette({ places, close }: { places: readonly Place[]; close: () => void }) {
  const [, go] = useLocation();
  const [text, type] = useState("");
  const [at, move] = useState(0);
  const id = useId();
  const wanted = text.trim().toLowerCase();
  const prefix = /^([a-z]+)_[0-9A-Za-z]{26}$/.exec(text.trim())?.[1] ?? "";
  const found = places.filter((p) => t(p.label).toLowerCase().includes(wanted)).map((p) => ({ path: p.path, name: t(p.label) }));
  const kind = BY_PREFIX[prefix];
  if (kind) found.unshift({ path: `/${kind}/${text.trim()}`, name: t("palette.goTo", { id: text.trim() }) });
  if (t("account.title").toLowerCase().includes(wanted)) found.push({ path: "/account", name: t("account.title") });
  const chosen = Math.min(at, found.length - 1);
  const enter = (path: string | undefined): void => {
    if (!path) return;
    close();
    go(`/portal${path}`);
  };
  return (
    <Dialog open title={t("palette.title")} close={close}>
      <input
        className="input"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-label={t("palette.label")}
        aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
        autoFocus
        placeholder={t("palette.label")}
        value={text}
        onChange={(event) => {
          type(event.target.value);
          move(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") move(Math.min(chosen + 1, found.length - 1));
          else if (event.key === "ArrowUp") move(Math.max(chosen - 1, 0));
          else if (event.key === "Enter") enter(found[chosen]?.path);
          else return;
          event.preventDefault();
        }}
      />
      <ul id={id} role="listbox" aria-label={t("palette.title")} className="found">
        {found.map((one, place) => (
          <li key={one.path} id={`${id}-${place}`} role="option" aria-selected={place === chosen} onClick={() => enter(one.path)}>
            {one.name}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="hint">{t("list.nothing")}</p>}
    </Dialog>
  );
}
