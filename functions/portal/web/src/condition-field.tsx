// A condition as it is typed: names are completed, and what is wrong with it is marked at its place.

import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { label, t } from "./i18n";
import { Marked, placeIn } from "./place";
import { suggested, type Word, wordBefore } from "./vocabulary";

interface ConditionProps {
  value: string;
  change: (text: string) => void;
  /** What the platform says is wrong with it, and how the field refers to that. */
  wrong?: string;
  refers: { "aria-invalid"?: true; "aria-describedby"?: string };
  children?: ReactNode;
}

const about = ({ about: what }: Word): string => ("takes" in what ? `(${what.takes})` : `${label(`kind_${what.kind}`)}${what.missing ? `, ${t("rules.mayBeMissing")}` : ""}`);

export function ConditionField({ value, change, wrong, refers, children }: ConditionProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [found, find] = useState<readonly Word[]>([]);
  // Nothing is chosen before somebody goes down, so that Enter still makes a line.
  const [at, move] = useState(-1);
  const caret = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (caret.current !== undefined) field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  });
  const look = (text: string, place: number, everything = false): void => {
    find(suggested(text, place, everything));
    move(-1);
  };
  const close = (): void => find([]);
  const take = (word: Word): void => {
    const end = field.current?.selectionStart ?? value.length;
    const start = wordBefore(value, end) ?? end;
    caret.current = start + word.text.length;
    change(value.slice(0, start) + word.text + value.slice(end));
    close();
  };
  const pressed = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const chosen = found[at];
    if (event.key === " " && event.ctrlKey) look(value, event.currentTarget.selectionStart, true);
    else if (found.length === 0) return;
    else if (event.key === "ArrowDown") move(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp" && at >= 0) move(at - 1);
    else if (event.key === "Enter" && chosen) take(chosen);
    else if (event.key === "Escape") {
      close();
      event.stopPropagation();
    } else {
      if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) close();
      return;
    }
    event.preventDefault();
  };
  const place = wrong === undefined ? undefined : placeIn(wrong);
  const listed = found.length > 0;
  return (
    <div className="field">
      <label htmlFor={`${id}-when`}>{t("rules.when")}</label>
      <textarea
        id={`${id}-when`}
        ref={field}
        className="input mono"
        rows={3}
        maxLength={4000}
        spellCheck={false}
        {...refers}
        data-wrong={wrong}
        aria-describedby={[id, refers["aria-describedby"]].filter(Boolean).join(" ")}
        aria-autocomplete="list"
        aria-controls={listed ? `${id}-list` : undefined}
        aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
        value={value}
        onChange={(event) => {
          change(event.target.value);
          look(event.target.value, event.target.selectionStart);
        }}
        onKeyDown={pressed}
        onBlur={close}
      />
      {listed && (
        <ul id={`${id}-list`} role="listbox" aria-label={t("rules.words")} className="found words-found">
          {found.map((word, n) => (
            <li
              key={word.name}
              id={`${id}-${n}`}
              role="option"
              aria-selected={n === at}
              // The field keeps the focus.
              onMouseDown={(event) => {
                event.preventDefault();
                take(word);
              }}
            >
              <code>{word.name}</code> <span className="hint">{about(word)}</span>
            </li>
          ))}
        </ul>
      )}
      <span className="unseen" role="status">
        {listed ? t("rules.wordsFound", { count: found.length }) : ""}
      </span>
      <span id={id} className="hint">
        {t("rules.whenHint")} {t("rules.wordsHint")}
      </span>
      {place && <Marked text={value} at={place} />}
      {children}
    </div>
  );
}
