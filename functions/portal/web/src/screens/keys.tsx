import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, heads, must, type Schemas } from "../api";
import { Action, textOf } from "../form";
import { number, time } from "../format";
import { label, t } from "../i18n";
import { Button, Card, Choice, Facts, Failed, Field, Head, State, Waiting } from "../ui";
import { Steps } from "../signin";

const PURPOSES: readonly Schemas["KeyPurpose"][] = ["pii", "card", "secret", "index", "audit"];

export default function Keys() {
  const read = useQuery({ queryKey: ["keys"], queryFn: () => must(api.GET("/keys/v1/keys")) });
  const [rotation, follow] = useState("");
  return (
    <>
      <Head title={t("nav.keys")} about={t("keys.about")}>
        <Action
          label={t("keys.rotate")}
          about={<p>{t("keys.rotateAbout")}</p>}
          right="key.rotate"
          kind="primary"
          values={(data) => ({ purpose: textOf(data, "purpose") as Schemas["KeyPurpose"], scope: textOf(data, "scope") as Schemas["RotationScope"] })}
          send={(body, under) => must(api.POST("/keys/v1/rotations", { params: { header: heads(under) }, body }))}
          changes={[["keys"]]}
          done={t("keys.rotating")}
          then={(made: Schemas["Rotation"]) => follow(made.id)}
        >
          <Choice name="purpose" label={t("keys.purpose")} options={PURPOSES.map((p) => [p, label(p)] as const)} />
          <Choice
            name="scope"
            label={t("keys.scope")}
            options={[
              ["tenant", t("keys.scopeTenant")],
              ["subjects", t("keys.scopeSubjects")],
            ]}
          />
        </Action>
      </Head>
      {read.isPending ? (
        <Waiting />
      ) : read.isError ? (
        <Failed error={read.error} retry={() => void read.refetch()} />
      ) : (
        <div className="cards">
          {read.data.data.map((key) => (
            <Card key={key.purpose} title={label(key.purpose)}>
              <Facts
                items={[
                  [t("keys.due"), time(key.rotation_due_at)],
                  [t("keys.subjectsDue"), time(key.subjects_due_at)],
                ]}
              />
              <div className="scroll">
                <table>
                  <caption className="unseen">{label(key.purpose)}</caption>
                  <thead>
                    <tr>
                      <th scope="col">{t("field.version")}</th>
                      <th scope="col">{t("field.status")}</th>
                      <th scope="col" className="numeric">
                        {t("keys.age")}
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {key.versions.map((version) => (
                      <tr key={version.version}>
                        <td data-label={t("field.version")}>{number(version.version)}</td>
                        <td data-label={t("field.status")}>
                          <State value={version.state} />
                        </td>
                        <td className="numeric" data-label={t("keys.age")}>
                          {version.age_days == null ? "–" : t("keys.days", { days: number(version.age_days) })}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </Card>
          ))}
        </div>
      )}
      <Card title={t("keys.progress")}>
        <Steps
          key={rotation}
          label={t("keys.show")}
          submit={(data) => {
            follow(textOf(data, "rotation"));
            return Promise.resolve();
          }}
        >
          <Field name="rotation" label={t("keys.rotation")} initial={rotation} required mono />
        </Steps>
        {rotation && <Progress id={rotation} />}
      </Card>
    </>
  );
}

/** How far a rotation is; looked at again when somebody asks. */
function Progress({ id }: { id: string }) {
  const read = useQuery({ queryKey: ["rotations", id], queryFn: () => must(api.GET("/keys/v1/rotations/{id}", { params: { path: { id } } })) });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} />;
  const r = read.data;
  return (
    <>
      <p>
        <progress max={100} value={r.percent} aria-label={t("keys.progress")} /> {number(r.percent)} % <State value={r.stage} />{" "}
        <Button onPress={() => void read.refetch()} isPending={read.isFetching}>
          {t("refresh")}
        </Button>
      </p>
      <Facts
        items={[
          [t("keys.purpose"), label(r.purpose)],
          [t("keys.versions"), `${r.from_version} → ${r.to_version}`],
          [t("keys.changed"), number(r.changed)],
          [t("keys.left"), number(r.left)],
          [t("field.created"), time(r.created_at)],
        ]}
      />
    </>
  );
}
