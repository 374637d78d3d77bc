import { api, must } from "../api";
import { t } from "../i18n";
import { forget, tellOthers } from "../session";
import { NewPassword, Steps } from "../signin";
import { wrongField } from "../form";
import { Field } from "../ui";

/** Changes one's own password; every sign-in ends with it, this one too. */
export default function ChangePassword() {
  return (
    <Steps
      label={t("password.set")}
      submit={async (data) => {
        const said = (name: string): string => String(data.get(name) ?? "");
        if (said("password") !== said("again")) throw wrongField("again", t("password.differs"));
        await must(api.PUT("/identity/v1/me/password", { body: { old_password: said("old_password"), password: said("password") } }));
        forget();
        tellOthers();
      }}
    >
      <p className="hint">{t("password.ends")}</p>
      <Field name="old_password" label={t("password.old")} type="password" required autoFocus autoComplete="current-password" />
      <NewPassword />
    </Steps>
  );
}
