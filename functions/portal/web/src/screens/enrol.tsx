import { useState } from "react";
import { encode } from "uqr";
import { api, must, type Schemas } from "../api";
import { t } from "../i18n";
import { Steps } from "../signin";
import { announce, Button, Field, Id } from "../ui";

/** Dark squares of a QR code as one path. */
function Code({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 4 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("enrol.qr")} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

/** Recovery codes, shown once. */
export function Codes({ codes }: { codes: readonly string[] }) {
  return (
    <details open>
      <summary>{t("enrol.codes")}</summary>
      <p className="hint">{t("enrol.codesAbout")}</p>
      <ul className="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Button onPress={() => void navigator.clipboard.writeText(codes.join("\n")).then(() => announce(t("copied")))}>{t("enrol.copy")}</Button>
    </details>
  );
}

/** Enrols codes of an authenticator: shown once, kept by its owner, and counting from the first code on. */
export default function Enrol({ done }: { done: () => void }) {
  const [made, keep] = useState<Schemas["TotpEnrolment"]>();
  if (!made)
    return (
      <Steps
        label={t("enrol.begin")}
        submit={async () => keep(await must(api.POST("/identity/v1/me/totp", { params: { header: { "Idempotency-Key": crypto.randomUUID() } }, body: {} })))}
      >
        <p>{t("enrol.about")}</p>
      </Steps>
    );
  const secret = new URL(made.uri).searchParams.get("secret") ?? "";
  return (
    <Steps
      label={t("enrol.confirm")}
      submit={async (data) => {
        const body = { code: String(data.get("code") ?? "").replace(/\s/g, "") };
        await must(api.POST("/identity/v1/me/totp/confirm", { params: { header: { "Idempotency-Key": crypto.randomUUID() } }, body }));
        announce(t("enrol.done"));
        done();
      }}
    >
      <p>{t("enrol.scan")}</p>
      <Code text={made.uri} />
      <p>
        {t("enrol.secret")} <Id value={secret} />
      </p>
      <Codes codes={made.recovery_codes} />
      <label className="check">
        <input type="checkbox" required />
        <span>{t("enrol.kept")}</span>
      </label>
      <Field name="code" label={t("enrol.code")} required autoComplete="one-time-code" mono />
    </Steps>
  );
}
