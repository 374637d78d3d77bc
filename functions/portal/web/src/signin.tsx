// Signing in: password, second factor, forced change, reset. Also what stands over a page whose session is over, and what asks for a fresh
// sign-in in the middle of an action.

import { type ReactNode, useState } from "react";
import { Form } from "react-aria-components/Form";
import { open, Refused, type Schemas, must } from "./api";
import { t } from "./i18n";
import { forgive, steady, textOf, useSending } from "./sending";
import { begin } from "./session";
import { choose, isDark, useSettings } from "./settings";
import { Button, Failed, Field } from "./ui";

type Tokens = Schemas["SessionTokens"];
export interface Person {
  tenant: string;
  email: string;
}

/** A password is as it was typed. */
const exact = (data: FormData, name: string): string => {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
};

/** A form that says what was wrong, at its fields where that is known. */
export function Steps({ submit, label, children, beside }: { submit: (data: FormData) => Promise<void>; label: string; children: ReactNode; beside?: ReactNode }) {
  const { send, busy, fields, failed } = useSending(submit);
  return (
    <Form
      className="form"
      validationErrors={fields}
      onClickCapture={forgive}
      onMouseDownCapture={steady}
      onSubmit={send}
    >
      {children}
      {failed !== undefined && <Failed error={failed} />}
      <div className="row">
        <Button kind="primary" type="submit" isPending={busy}>
          {label}
        </Button>
        {beside}
      </div>
    </Form>
  );
}

export const bytes = (text: string): Uint8Array<ArrayBuffer> => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
};
export const encoded = (buffer: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** Has the browser show a passkey. */
async function showPasskey(asked: Schemas["PasskeyRequestOptions"]): Promise<Schemas["PasskeyAssertion"]> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: bytes(asked.challenge),
    rpId: asked.rpId,
    timeout: asked.timeout,
    userVerification: asked.userVerification as UserVerificationRequirement,
    allowCredentials: asked.allowCredentials.map(({ id }) => ({ type: "public-key", id: bytes(id) })),
  };
  const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null;
  if (!shown) throw new Error("no passkey");
  const response = shown.response as AuthenticatorAssertionResponse;
  return {
    credential_id: encoded(shown.rawId),
    client_data_json: encoded(response.clientDataJSON),
    authenticator_data: encoded(response.authenticatorData),
    signature: encoded(response.signature),
    ...(response.userHandle ? { user_handle: encoded(response.userHandle) } : {}),
  };
}

/** From a password to a session. `done` is told once there is one. */
export function SignInSteps({ person, done, forgot }: { person?: Person; done: (session: string | undefined) => void; forgot?: (person: Person) => void }) {
  const asked = new URLSearchParams(location.search);
  const [who, know] = useState<Person>(person ?? { tenant: asked.get("tenant") ?? "", email: "" });
  const [password, keep] = useState("");
  const [tokens, got] = useState<Tokens>();

  const go = async (told: Tokens): Promise<void> => {
    if (told.challenge) return got(told);
    if (told.password_change_required) return got(told);
    begin(told.access_token ?? "", told.expires_in);
    done(told.session ?? undefined);
  };
  const signIn = async (who: Person, password: string): Promise<void> => {
    const body = { ...who, password, portal: true };
    await go(await must(open.POST("/identity/v1/sessions", { body } as never)) as Tokens);
  };

  if (tokens?.password_change_required && tokens.access_token) {
    const bearer = tokens.access_token;
    return (
      <Steps
        label={t("password.set")}
        submit={async (data) => {
          const next = exact(data, "password");
          sameTwice(data);
          const body = { old_password: password, password: next };
          await must(open.PUT("/identity/v1/me/password", { body, headers: { authorization: `Bearer ${bearer}` } }));
          got(undefined);
          await signIn(who, next);
        }}
      >
        <p>{t("password.mustChange")}</p>
        <NewPassword />
      </Steps>
    );
  }
  if (tokens?.challenge) {
    const challenge = tokens.challenge;
    const show = async (proof: { code: string } | { passkey: Schemas["PasskeyAssertion"] }): Promise<void> => {
      const body = { challenge, ...proof };
      await go((await must(open.POST("/identity/v1/sessions/mfa", { body } as never))) as Tokens);
    };
    const passkey = tokens.public_key;
    return (
      <Steps
        label={t("factor.go")}
        submit={(data) => show({ code: textOf(data, "code").replace(/\s/g, "") })}
        beside={
          <Button
            kind="quiet"
            onPress={() => {
              got(undefined);
            }}
          >
            {t("signin.again")}
          </Button>
        }
      >
        <Field name="code" label={t("factor.code")} hint={t("factor.hint")} autoComplete="one-time-code" required autoFocus mono />
        {passkey && <Passkey show={async () => show({ passkey: await showPasskey(passkey) })} />}
      </Steps>
    );
  }
  return (
    <Steps
      label={t("signin.go")}
      submit={async (data) => {
        const given = person ?? { tenant: textOf(data, "tenant"), email: textOf(data, "email") };
        know(given);
        const secret = exact(data, "password");
        keep(secret);
        await signIn(given, secret);
      }}
      beside={
        forgot && (
          <Button kind="quiet" onPress={() => forgot(who)}>
            {t("signin.forgot")}
          </Button>
        )
      }
    >
      {person ? (
        <p className="as">
          {t("signin.as")} <strong>{person.email}</strong>
        </p>
      ) : (
        <>
          <Field name="tenant" label={t("signin.tenant")} hint={t("signin.tenantHint")} initial={who.tenant} required autoFocus={!who.tenant} autoComplete="organization" mono />
          <Field name="email" label={t("signin.email")} type="email" initial={who.email} required autoFocus={who.tenant !== ""} autoComplete="username" />
        </>
      )}
      <Field name="password" label={t("signin.password")} type="password" required autoFocus={person !== undefined} autoComplete="current-password" />
    </Steps>
  );
}

function Passkey({ show }: { show: () => Promise<void> }) {
  const [error, fail] = useState<unknown>();
  return (
    <div>
      <Button
        onPress={() => {
          fail(undefined);
          show().catch(fail);
        }}
      >
        {t("factor.passkey")}
      </Button>
      {error !== undefined && (error instanceof Refused ? <Failed error={error} /> : <p className="wrong">{t("factor.passkeyNot")}</p>)}
    </div>
  );
}

function sameTwice(data: FormData): void {
  if (exact(data, "password") === exact(data, "again")) return;
  const errors = [{ pointer: "/again", detail: t("password.differs") }];
  throw new Refused({ type: "about:blank", title: "", status: 422, code: "invalid_input", detail: "", request_id: "", errors }, 422);
}

export function NewPassword({ first = true }: { first?: boolean }) {
  return (
    <>
      <Field name="password" label={t("password.new")} type="password" hint={t("password.hint")} required autoFocus={first} autoComplete="new-password" />
      <Field name="again" label={t("password.again")} type="password" required autoComplete="new-password" />
    </>
  );
}

/** The page for whoever is not signed in. */
export function SignInPage() {
  const [view, show] = useState<"signIn" | "forgot" | "sent" | "reset" | "changed">(location.pathname === "/portal/reset" ? "reset" : "signIn");
  const [who, know] = useState<Person>();
  const titles = { signIn: t("signin.title"), forgot: t("reset.ask"), sent: t("reset.sent"), reset: t("reset.title"), changed: t("reset.done") };
  const back = (
    <Button
      kind="quiet"
      onPress={() => {
        history.replaceState(null, "", "/portal/home");
        show("signIn");
      }}
    >
      {t("signin.back")}
    </Button>
  );
  const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
  return (
    <Front title={titles[view]}>
      {view === "signIn" && (
        <SignInSteps
          done={() => undefined}
          forgot={(person) => {
            know(person);
            show("forgot");
          }}
        />
      )}
      {view === "forgot" && (
        <Steps
          label={t("reset.send")}
          beside={back}
          submit={async (data) => {
            const body = { tenant: textOf(data, "tenant"), email: textOf(data, "email") };
            await must(open.POST("/identity/v1/password-resets", { body }));
            show("sent");
          }}
        >
          <p>{t("reset.about")}</p>
          <Field name="tenant" label={t("signin.tenant")} initial={who?.tenant} required autoFocus mono />
          <Field name="email" label={t("signin.email")} type="email" initial={who?.email} required autoComplete="username" />
        </Steps>
      )}
      {view === "sent" && (
        <>
          <p>{t("reset.sentAbout")}</p>
          <div className="row">
            <Button kind="primary" onPress={() => show("reset")}>
              {t("reset.haveCode")}
            </Button>
            {back}
          </div>
        </>
      )}
      {view === "reset" && (
        <Steps
          label={t("password.set")}
          beside={back}
          submit={async (data) => {
            sameTwice(data);
            const body = { token: textOf(data, "token"), password: exact(data, "password") };
            await must(open.POST("/identity/v1/password-resets/confirm", { body }));
            history.replaceState(null, "", "/portal/home");
            show("changed");
          }}
        >
          <Field name="token" label={t("reset.code")} initial={code} required mono autoFocus={!code} />
          <NewPassword first={code !== ""} />
        </Steps>
      )}
      {view === "changed" && (
        <>
          <p>{t("reset.doneAbout")}</p>
          <div className="row">
            <Button kind="primary" onPress={() => show("signIn")}>
              {t("signin.title")}
            </Button>
          </div>
        </>
      )}
    </Front>
  );
}

/** The frame of pages without a session. */
export function Front({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="front">
      <div className="panel">
        <p className="brand">
          <span className="mark" aria-hidden="true" />
          Ledgerkeep
        </p>
        <h1>{title}</h1>
        {children}
      </div>
      <Appearance />
    </main>
  );
}

function Appearance() {
  const { language } = useSettings();
  return (
    <p className="appearance">
      <Button kind="quiet" onPress={() => choose({ language: language === "en" ? "de" : "en" })}>
        <span lang={language === "en" ? "de" : "en"}>{language === "en" ? "Deutsch" : "English"}</span>
      </Button>
      <Button kind="quiet" onPress={() => choose({ theme: isDark() ? "light" : "dark" })}>
        {t(isDark() ? "theme.light" : "theme.dark")}
      </Button>
    </p>
  );
}
