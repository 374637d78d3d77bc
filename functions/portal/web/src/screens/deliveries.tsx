import { Dialog as AriaDialog, DialogTrigger, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { api, heads, must, type Schemas } from "../api";
import { Action } from "../form";
import { number, time } from "../format";
import { label, t } from "../i18n";
import { type List, ListScreen } from "../list";
import { Button, CloseRow, Empty, Facts, Id, State } from "../ui";
import { deliveries } from "./lists";

/** Every attempt of a delivery. */
function Attempts({ of }: { of: Schemas["Delivery"] }) {
  return (
    <DialogTrigger>
      <Button>{t("deliveries.attempts")}</Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal wide">
          <AriaDialog className="dialog">
            {({ close }) => (
              <>
                <Heading slot="title">{t("deliveries.attempts")}</Heading>
                <Facts
                  items={[
                    [t("field.delivery"), <Id key="id" value={of.id} />],
                    [t("field.event"), <Id key="event" value={of.event} />],
                    [t("field.nextAttempt"), time(of.next_attempt_at)],
                  ]}
                />
                {of.attempts.length === 0 ? (
                  <Empty title={t("deliveries.noAttempt")} text={t("deliveries.noAttemptAbout")} />
                ) : (
                  <div className="scroll">
                    <table>
                      <caption className="unseen">{t("deliveries.attempts")}</caption>
                      <thead>
                        <tr>
                          <th scope="col">{t("field.at")}</th>
                          <th scope="col">{t("field.outcome")}</th>
                          <th scope="col" className="numeric">
                            {t("deliveries.took")}
                          </th>
                        </tr>
                      </thead>
                      <tbody>
                        {of.attempts.map((attempt) => (
                          <tr key={attempt.at}>
                            <td>{time(attempt.at)}</td>
                            <td>{attempt.status ? <State value={attempt.status < 300 ? "delivered" : "failed"} /> : null} {attempt.status ?? label(attempt.error ?? "")}</td>
                            <td className="numeric">{number(attempt.millis)} ms</td>
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  </div>
                )}
                <CloseRow close={close} />
              </>
            )}
          </AriaDialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

const list: List<Schemas["Delivery"]> = {
  ...deliveries,
  row: (d) => (
    <>
      <Attempts of={d} />
      {d.status !== "delivered" && (
        <Action
          label={t("deliveries.retry")}
          about={t("deliveries.retryAbout")}
          right="webhook.retry"
          values={() => ({})}
          send={(_, under) => must(api.POST("/notifications/v1/deliveries/{id}/retry", { params: { path: { id: d.id }, header: heads(under) }, body: {} }))}
          changes={[["deliveries"]]}
          done={t("deliveries.retried")}
        />
      )}
    </>
  ),
  bulk: [
    {
      label: "deliveries.retry",
      ask: "bulk.retryAsk",
      right: "webhook.retry",
      can: (d) => d.status !== "delivered",
      send: (d, under) => must(api.POST("/notifications/v1/deliveries/{id}/retry", { params: { path: { id: d.id }, header: heads(under) }, body: {} })),
    },
  ],
};

export default function Deliveries() {
  return <ListScreen list={list} />;
}
