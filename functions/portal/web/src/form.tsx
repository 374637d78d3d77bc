// The one way in which something is changed: a dialog with a form, one idempotency key for one intent, errors at their fields, and what
// waits for a second person kept until it can be repeated.

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef, useState, useSyncExternalStore } from "react";
import { Dialog as AriaDialog, DialogTrigger, Heading } from "react-aria-components/Dialog";
import { Form } from "react-aria-components/Form";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { type Awaiting, isAwaiting, Refused, type Under } from "./api";
import { useMay } from "./client";
import { time } from "./format";
import { t } from "./i18n";
import { forgive, steady, textOf, useSending } from "./sending";
import { announce, Button, CloseRow, Failed, Id } from "./ui";

export { textOf };

/** What was asked for here and waits for a second person. */
export interface Asked {
  id: string;
  title: string;
  expires: string;
  repeat: () => Promise<unknown>;
}
let asked: readonly Asked[] = [];
const listeners = new Set<() => void>();
function keep(next: readonly Asked[]): void {
  asked = next;
  for (const listener of listeners) listener();
}
export const forgetAsked = (id?: string): void => keep(id ? asked.filter((one) => one.id !== id) : []);
export const useAsked = (): readonly Asked[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => asked,
  );

/** A key that stays the same for the same intent, however often it is sent. */
class Intent {
  private key = "";
  private said = "";
  under(values: unknown): Under {
    const said = JSON.stringify(values);
    if (said !== this.said || !this.key) [this.said, this.key] = [said, crypto.randomUUID()];
    return { key: this.key };
  }
}

export function Dialog({ title, children, wide, open, close }: { title: string; children: ReactNode; wide?: boolean; open?: boolean; close?: () => void }) {
  return (
    <ModalOverlay className="overlay" isOpen={open} onOpenChange={close && ((is) => !is && close())} isDismissable={false}>
      <Modal className={wide ? "modal wide" : "modal"}>
        <AriaDialog className="dialog">
          <Heading slot="title">{title}</Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ActionProps<Values> {
  /** The button, and the dialog's title unless that has one of its own. */
  label: string;
  title?: string;
  about?: ReactNode;
  right?: string;
  kind?: "plain" | "primary" | "danger" | "quiet";
  wide?: boolean;
  confirm?: string;
  /** Why it cannot be done now, though one may. */
  not?: string | false;
  values: (data: FormData) => Values;
  send: (values: Values, under: Under) => Promise<unknown>;
  children?: ReactNode | ((error: Record<string, string>) => ReactNode);
  /** What has to be read anew. */
  changes: readonly (readonly unknown[])[];
  done: string;
  /** What is shown afterwards instead of closing: what is told once. */
  after?: (answer: never) => ReactNode;
  then?: (answer: never) => void;
  /** Shows a refusal at a form on the page, and says whether it does; then this one closes. */
  refused?: (why: Refused) => boolean;
}

/** A button that may do something: not shown to who has not the right, and saying why where it cannot be done now. */
export function Action<Values>(props: ActionProps<Values>) {
  const may = useMay();
  if (props.right && !may(props.right)) return null;
  if (props.not)
    return (
      <span className="why">
        <Button kind={props.kind} isDisabled>
          {props.label}
        </Button>
        <span className="hint">{props.not}</span>
      </span>
    );
  return (
    <DialogTrigger>
      <Button kind={props.kind ?? "plain"}>{props.label}</Button>
      <ModalOverlay className="overlay">
        <Modal className={props.wide ? "modal wide" : "modal"}>
          <AriaDialog className="dialog">{({ close }) => <Steps {...props} close={close} />}</AriaDialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

function Steps<Values>({ label, title = label, about, kind, confirm = label, values, send, children, changes, done, after, then, refused, close }: ActionProps<Values> & { close: () => void }) {
  const client = useQueryClient();
  const intent = useRef(new Intent());
  const [waiting, wait] = useState<Awaiting>();
  const [answer, show] = useState<unknown>();

  const finish = (given: unknown): void => {
    for (const key of changes) void client.invalidateQueries({ queryKey: key });
    announce(done);
    if (after) return show(given);
    then?.(given as never);
    close();
  };
  const go = async (data: FormData): Promise<void> => {
    const given = values(data);
    let told: unknown;
    try {
      told = await send(given, intent.current.under(given));
    } catch (why) {
      if (why instanceof Refused && refused?.(why)) return close();
      throw why;
    }
    if (!isAwaiting(told)) return finish(told);
    const repeat = async (): Promise<unknown> => {
      const again = await send(given, { key: crypto.randomUUID(), approval: told.approval });
      for (const key of changes) void client.invalidateQueries({ queryKey: key });
      return again;
    };
    keep([...asked, { id: told.approval, title, expires: told.expires_at, repeat }]);
    void client.invalidateQueries({ queryKey: ["approvals"] });
    wait(told);
  };
  // Somebody who turns back has not failed.
  const { send: submit, busy, fields, failed } = useSending(go, (why) => why instanceof DOMException);

  if (waiting)
    return (
      <>
        <Heading slot="title">{t("waits.title")}</Heading>
        <p>{t("waits.about", { until: time(waiting.expires_at) })}</p>
        <p>
          <Id value={waiting.approval} />
        </p>
        <CloseRow close={close} />
      </>
    );
  if (answer !== undefined)
    return (
      <>
        <Heading slot="title">{done}</Heading>
        {after?.(answer as never)}
        <div className="row end">
          <Button
            kind="primary"
            onPress={() => {
              then?.(answer as never);
              close();
            }}
          >
            {t("close")}
          </Button>
        </div>
      </>
    );
  return (
    <Form
      className="form"
      validationErrors={fields}
      onClickCapture={forgive}
      onMouseDownCapture={steady}
      onSubmit={submit}
    >
      <Heading slot="title">{title}</Heading>
      {about && <div className="about">{about}</div>}
      {typeof children === "function" ? children(fields) : children}
      {failed !== undefined && <Failed error={failed} />}
      <div className="row end">
        <Button kind="quiet" onPress={close}>
          {t("cancel")}
        </Button>
        <Button kind={kind === "danger" ? "danger" : "primary"} type="submit" isPending={busy}>
          {confirm}
        </Button>
      </div>
    </Form>
  );
}

/** An error at a field, made here before anything is sent. */
export function wrongField(field: string, detail: string): Refused {
  const errors = [{ pointer: `/${field}`, detail }];
  return new Refused({ type: "about:blank", title: "", status: 422, code: "invalid_input", detail, request_id: "", errors }, 422);
}

/** A field that may be left out. */
export const maybe = (data: FormData, name: string): string | undefined => textOf(data, name) || undefined;
