// What is shown instead of what could not be drawn: a file that a new release has replaced, or an error of this page.

import { Component, type ReactNode } from "react";
import { t } from "./i18n";
import { Button } from "./ui";

/** A file of the page that did not come, as browsers say it. */
const fetched = (error: unknown): boolean => error instanceof TypeError && /import|module|fetch|load/i.test(error.message);

export class Boundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }
  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <section className="failed" role="alert">
        <strong>{t(fetched(error) ? "error.release" : "error.title")}</strong>
        <p>{t(fetched(error) ? "error.releaseAbout" : "error.unexpected")}</p>
        <Button kind="primary" onPress={() => location.reload()}>
          {t("error.reload")}
        </Button>
      </section>
    );
  }
}
