// What may be seen for a while, such as a card number.

import { type ReactNode, useEffect, useState } from "react";
import { t } from "./i18n";

/** Seconds that what is revealed is seen. */
const SEEN = 30;

/** What may be seen for a while, and is gone then. */
export function Passing({ children }: { children: ReactNode }) {
  const [left, count] = useState(SEEN);
  useEffect(() => {
    const timer = setInterval(() => count((now) => now - 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  if (left <= 0) return <p role="status">{t("reveal.gone")}</p>;
  return (
    <>
      {children}
      <p className="hint">{t("reveal.left", { seconds: left })}</p>
    </>
  );
}
