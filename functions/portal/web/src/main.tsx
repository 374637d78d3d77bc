// What the browser loads first: who is here, and then the sign-in or the portal.

import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { loadLanguage, useLanguage } from "./i18n";
import "./portal.css";
import { restore, useSession } from "./session";
import { SignInPage } from "./signin";
import { Waiting } from "./ui";

const App = lazy(() => import("./app"));

function Portal() {
  const language = useLanguage();
  const session = useSession();
  if (session === "starting") return <Waiting />;
  if (session === "out") return <SignInPage key={language} />;
  return (
    <Suspense fallback={<Waiting />}>
      <App key={language} />
    </Suspense>
  );
}

const root = document.getElementById("portal");
if (root) {
  void Promise.all([loadLanguage(), restore()]).then(() => {
    createRoot(root).render(
      <StrictMode>
        <Portal />
      </StrictMode>,
    );
  });
}
