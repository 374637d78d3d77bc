// The parts that screens are made of.

import { type ReactNode, useEffect, useId, useRef, useState, useSyncExternalStore } from "react";
import { Button as AriaButton, type ButtonProps } from "react-aria-components/Button";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextArea } from "react-aria-components/TextArea";
import { TextField } from "react-aria-components/TextField";
import { Refused } from "./api";
import { type Key, label, t } from "./i18n";

export function Button({ kind = "plain", isPending = false, onPress, ...rest }: ButtonProps & { kind?: "plain" | "primary" | "danger" | "quiet" }) {
  // It keeps the focus while it works, and does nothing meanwhile.
  return <AriaButton {...rest} aria-disabled={isPending || undefined} onPress={isPending ? undefined : onPress} className={`button ${kind}${isPending ? " pending" : ""}`} />;
}

const ICONS = {
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  done: "M3 8.5l3.5 3.5L13 4.5",
  find: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.5 10.5l3.5 3.5",
  menu: "M2 4h12M2 8h12M2 12h12",
};
export function Icon({ name }: { name: keyof typeof ICONS }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}

interface FieldProps {
  name: string;
  label: string;
  hint?: ReactNode;
  type?: "text" | "password" | "email" | "date" | "month" | "datetime-local" | "url";
  value?: string;
  initial?: string;
  onChange?: (value: string) => void;
  required?: boolean;
  autoFocus?: boolean;
  autoComplete?: string;
  inputMode?: "numeric" | "decimal" | "text";
  readOnly?: boolean;
  mono?: boolean;
  maxLength?: number;
  /** Of a text of several lines. */
  rows?: number;
}

export function Field(props: FieldProps) {
  const { name, hint, type = "text", value, initial, onChange, required, autoFocus, autoComplete = "off", inputMode, readOnly, mono, maxLength, rows } = props;
  return (
    <TextField
      className="field"
      name={name}
      type={type as "text"}
      value={value}
      defaultValue={initial}
      onChange={onChange}
      isRequired={required}
      isReadOnly={readOnly}
      autoFocus={autoFocus}
      autoComplete={autoComplete}
      inputMode={inputMode}
      maxLength={maxLength}
    >
      <Label>{props.label}</Label>
      {rows ? <TextArea className={mono ? "input mono" : "input"} rows={rows} spellCheck={false} /> : <Input className={mono ? "input mono" : "input"} spellCheck={false} />}
      {hint && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="wrong" />
    </TextField>
  );
}

interface ChoiceProps {
  name: string;
  label: string;
  options: readonly (readonly [string, string])[];
  value?: string;
  initial?: string;
  onChange?: (value: string) => void;
  hint?: string;
  wrong?: string;
}

export function Choice({ name, label: text, options, value, initial, onChange, hint, wrong }: ChoiceProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{text}</label>
      <select
        id={id}
        name={name}
        className="input"
        value={value}
        defaultValue={initial}
        aria-describedby={hint || wrong ? `${id}-hint` : undefined}
        onChange={onChange && ((event) => onChange(event.target.value))}
      >
        {options.map(([option, shown]) => (
          <option key={option} value={option}>
            {shown}
          </option>
        ))}
      </select>
      {(hint || wrong) && (
        <span id={`${id}-hint`} className={wrong ? "wrong" : "hint"}>
          {wrong ?? hint}
        </span>
      )}
    </div>
  );
}

/** Several of a few. */
export function Choices({ name, legend, options, initial, wrong, onChange }: { name: string; legend: string; options: readonly (readonly [string, string])[]; initial: readonly string[]; wrong?: string; onChange?: (chosen: string[]) => void }) {
  return (
    <fieldset
      className="choices"
      onChange={onChange && ((event) => onChange(Array.from(event.currentTarget.querySelectorAll<HTMLInputElement>("input:checked"), (one) => one.value)))}
    >
      <legend>{legend}</legend>
      {options.map(([value, shown]) => (
        <label key={value}>
          <input type="checkbox" name={name} value={value} defaultChecked={initial.includes(value)} />
          <span>{shown}</span>
        </label>
      ))}
      {wrong && <span className="wrong">{wrong}</span>}
    </fieldset>
  );
}

const GOOD = new Set(["captured", "paid", "succeeded", "active", "enabled", "delivered", "approved", "completed", "done", "current", "accept", "acknowledged", "ready", "live", "balanced"]);
const BAD = new Set(["declined", "failed", "disabled", "refused", "critical", "high", "wrong_password", "locked", "wrong_code", "wrong_passkey", "cloned_passkey", "revoked", "decline", "retired", "not_active", "unbalanced", "uncollectible", "not_billed"]);
const WAITING = new Set(["pending", "authorized", "partially_captured", "processing", "in_review", "requires_action", "open", "in_progress", "medium", "invited", "waiting", "challenged", "unknown", "draft", "to_review", "to_challenge", "trialing", "ending"]);

/** A state, which its colour only underlines. */
export function State({ value }: { value: string }) {
  const tone = GOOD.has(value) ? "good" : BAD.has(value) ? "bad" : WAITING.has(value) ? "waiting" : "even";
  return <span className={`state ${tone}`}>{label(value)}</span>;
}

/** An id, to be read and copied. */
export function Id({ value }: { value: string }) {
  const [copied, tell] = useState(false);
  return (
    <span className="id">
      <code>{value}</code>
      <AriaButton
        className="copy"
        aria-label={copied ? t("copied") : t("copy.what", { what: value })}
        onPress={() => {
          void navigator.clipboard.writeText(value).then(() => tell(true));
          setTimeout(() => tell(false), 2000);
        }}
      >
        <Icon name={copied ? "done" : "copy"} />
      </AriaButton>
    </span>
  );
}

/** The end of a dialog in which there is nothing to decide. */
export const CloseRow = ({ close }: { close: () => void }) => (
  <div className="row end">
    <Button kind="primary" autoFocus onPress={close}>
      {t("close")}
    </Button>
  </div>
);

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof Refused ? error.problem : undefined;
  const id = useId();
  return (
    <section className="failed" role="alert" aria-labelledby={id}>
      <strong id={id}>{problem?.title ?? t("error.title")}</strong>
      <p>{problem ? explain(problem.code, problem.detail) : t("error.unexpected")}</p>
      {problem?.errors?.map((one) => (
        <p key={one.pointer + one.detail}>
          <code>{one.pointer}</code> {one.detail}
        </p>
      ))}
      {problem?.request_id && (
        <p className="hint">
          {t("error.request")} <Id value={problem.request_id} />
        </p>
      )}
      {problem?.home_address?.startsWith("https://") && (
        <p>
          <a href={`${problem.home_address}/portal/home`}>{t("error.home", { region: problem.home_region ?? "" })}</a>
        </p>
      )}
      {retry && <Button onPress={retry}>{t("error.retry")}</Button>}
    </section>
  );
}

/** What the platform says, in the words of this page where it knows better. */
function explain(code: string, detail: string): string {
  const known: Record<string, Key> = { forbidden: "why.forbidden", not_found: "why.notFound", version_conflict: "why.stale", conflict: "why.stale", own_request: "why.ownRequest", sign_in_refused: "why.signIn" };
  const key = known[code];
  return key ? `${t(key)} (${detail})` : detail;
}

export function Waiting({ text = t("loading") }: { text?: string }) {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      {text}
    </div>
  );
}

export function Empty({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      <p>{text}</p>
      {children}
    </div>
  );
}

/** Names and values. */
export function Facts({ items }: { items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === "" ? "–" : (value ?? "–")}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Card({ title, children, actions, id }: { title: string; children: ReactNode; actions?: ReactNode; id?: string }) {
  return (
    <section className="card" aria-label={title} id={id}>
      <header>
        <h2>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}

/** The head of a screen: it takes the focus when the screen comes, so that whoever hears the page knows where they are. */
export function Head({ title, about, children }: { title: ReactNode; about?: ReactNode; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    document.title = `${heading.current?.textContent ?? ""} – Ledgerkeep`;
    window.scrollTo(0, 0);
  }, []);
  return (
    <header className="head">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {about && <p className="about">{about}</p>}
      </div>
      {children && <div className="actions">{children}</div>}
    </header>
  );
}

let note = "";
const noteListeners = new Set<() => void>();
/** Says what has happened, for a while. */
export function announce(text: string): void {
  note = text;
  for (const listener of noteListeners) listener();
}
export function Notes() {
  const text = useSyncExternalStore(
    (listener) => {
      noteListeners.add(listener);
      return () => noteListeners.delete(listener);
    },
    () => note,
  );
  useEffect(() => {
    if (!text) return undefined;
    const timer = setTimeout(() => announce(""), 6000);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="notes" role="status" aria-live="polite">
      {text && <div className="note">{text}</div>}
    </div>
  );
}

/** JSON for people: names and values, indented. */
export function Json({ value, name }: { value: unknown; name: string }) {
  return (
    // It scrolls, so it takes the focus.
    <pre className="json" tabIndex={0} role="group" aria-label={name}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}

export function Secret({ label: text, value }: { label: string; value: string }) {
  return (
    <div className="secret">
      <p>{text}</p>
      <Id value={value} />
      <p className="hint">{t("secret.once")}</p>
    </div>
  );
}
