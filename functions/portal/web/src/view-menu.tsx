// The views of a list: one is chosen, taken off, or kept under a name.

import { type FormEvent, useId, useState } from "react";
import { useMe } from "./client";
import { t } from "./i18n";
import { announce, Button } from "./ui";
import { keepable, LONGEST, MOST, useViews, type View } from "./views";

interface Menu {
  list: string;
  filters: readonly { name: string; kind: string }[];
  /** Filters, columns and order as they are now. */
  asked: Readonly<Record<string, string>>;
  /** Sets these; what is not named is taken off. */
  apply: (query: Readonly<Record<string, string>>) => void;
}

const same = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean => {
  const [a, b] = [one, other].map((query) => JSON.stringify(Object.entries(query).sort()));
  return a === b;
};

export function ViewMenu({ list, filters, asked, apply }: Menu) {
  const me = useMe().data;
  const id = useId();
  const [views, set] = useViews(me?.id ?? "", list);
  const [name, type] = useState("");
  const [wrong, tell] = useState("");
  if (!me) return null;
  const { kept, left } = keepable(asked, filters);
  const keep = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const named = name.trim();
    const others = views.filter((one) => one.name !== named);
    const why = !named ? t("views.noName") : others.length >= MOST ? t("views.tooMany") : "";
    tell(why);
    if (why) return;
    if (!set([...others, { name: named, query: kept }].sort((a, b) => a.name.localeCompare(b.name)))) return tell(t("views.notKept"));
    type("");
    announce(t("views.kept", { name: named }));
  };
  const choose = (button: HTMLElement, { query }: View): void => {
    const menu = button.closest("details");
    // What it covered is what somebody wants to see.
    menu?.removeAttribute("open");
    menu?.querySelector("summary")?.focus();
    apply(query);
  };
  const remove = ({ name: gone }: View): void => {
    set(views.filter((one) => one.name !== gone));
    announce(t("views.removed", { name: gone }));
  };
  return (
    <details className="columns views">
      <summary>{t("views.title")}</summary>
      <div className="popup choices">
        {views.length === 0 ? (
          <p className="hint">{t("views.none")}</p>
        ) : (
          <ul aria-label={t("views.title")}>
            {views.map((view) => (
              <li key={view.name}>
                <button type="button" className="view" aria-pressed={same(view.query, asked)} onClick={(event) => choose(event.currentTarget, view)}>
                  {view.name}
                </button>
                <Button kind="quiet" aria-label={t("views.remove", { name: view.name })} onPress={() => remove(view)}>
                  {t("remove")}
                </Button>
              </li>
            ))}
          </ul>
        )}
        <form onSubmit={keep}>
          <label htmlFor={id}>{t("views.name")}</label>
          <input id={id} className="input" value={name} maxLength={LONGEST} autoComplete="off" aria-invalid={wrong ? true : undefined} aria-describedby={`${id}-hint`} onChange={(event) => type(event.target.value)} />
          <span id={`${id}-hint`} className={wrong ? "wrong" : "hint"}>
            {wrong || t(left ? "views.left" : "views.hint")}
          </span>
          <Button type="submit">{t("views.keep")}</Button>
        </form>
      </div>
    </details>
  );
}
