import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, must, type Schemas } from "../api";
import { useMe } from "../client";
import { Action, textOf } from "../form";
import { time } from "../format";
import { t } from "../i18n";
import { bytes, encoded } from "../signin";
import { Card, Empty, Field, State } from "../ui";
import { Codes } from "./enrol";

/** Has the browser make a passkey, and registers it. */
async function register(name: string): Promise<Schemas["RegisteredPasskey"]> {
  const header = (): { "Idempotency-Key": string } => ({ "Idempotency-Key": crypto.randomUUID() });
  const { public_key: asked } = await must(api.POST("/identity/v1/me/passkeys/options", { params: { header: header() }, body: {} }));
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: bytes(asked.challenge),
    rp: asked.rp,
    user: { id: bytes(asked.user.id), name: asked.user.name, displayName: asked.user.displayName },
    pubKeyCredParams: asked.pubKeyCredParams.map(({ alg }) => ({ type: "public-key", alg })),
    timeout: asked.timeout,
    attestation: "none",
    excludeCredentials: asked.excludeCredentials.map(({ id }) => ({ type: "public-key", id: bytes(id) })),
    authenticatorSelection: {
      residentKey: asked.authenticatorSelection.residentKey as ResidentKeyRequirement,
      userVerification: asked.authenticatorSelection.userVerification as UserVerificationRequirement,
    },
  };
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
  if (!made) throw new Error("no passkey");
  const response = made.response as AuthenticatorAttestationResponse;
  const body = { name, client_data_json: encoded(response.clientDataJSON), attestation_object: encoded(response.attestationObject) };
  return must(api.POST("/identity/v1/me/passkeys", { params: { header: header() }, body }));
}

/** One's own passkeys. */
export default function Passkeys() {
  const me = useMe().data;
  const client = useQueryClient();
  const [changes] = useState([["me"]]);
  return (
    <Card
      title={t("passkeys.title")}
      actions={
        <Action
          label={t("passkeys.add")}
          about={<p>{t("passkeys.about")}</p>}
          values={(data) => textOf(data, "name")}
          send={register}
          changes={changes}
          done={t("passkeys.added")}
          after={(made: Schemas["RegisteredPasskey"]) => (made.recovery_codes.length > 0 ? <Codes codes={made.recovery_codes} /> : <p>{t("passkeys.addedAbout")}</p>)}
          then={() => void client.invalidateQueries({ queryKey: ["me"] })}
        >
          <Field name="name" label={t("passkeys.name")} hint={t("passkeys.nameHint")} required autoFocus maxLength={64} />
        </Action>
      }
    >
      {me && me.passkeys.length > 0 ? (
        <div className="scroll">
          <table>
            <caption className="unseen">{t("passkeys.title")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("field.name")}</th>
                <th scope="col">{t("field.created")}</th>
                <th scope="col">{t("passkeys.used")}</th>
                <th scope="col">
                  <span className="unseen">{t("list.actions")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {me.passkeys.map((key) => (
                <tr key={key.id}>
                  <td data-label={t("field.name")}>
                    {key.name} {key.blocked && <State value="locked" />}
                  </td>
                  <td data-label={t("field.created")}>{time(key.created_at)}</td>
                  <td data-label={t("passkeys.used")}>{time(key.used_at)}</td>
                  <td className="acts">
                    <Action
                      label={t("webhooks.remove")}
                      title={t("passkeys.remove")}
                      about={key.name}
                      kind="danger"
                      values={() => ({})}
                      send={() => must(api.DELETE("/identity/v1/me/passkeys/{id}", { params: { path: { id: key.id } } }))}
                      changes={changes}
                      done={t("passkeys.removed")}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Empty title={t("passkeys.none")} text={t("passkeys.noneAbout")} />
      )}
    </Card>
  );
}
