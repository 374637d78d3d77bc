// What the browser loads first: who is here, and then the sign-in or the portal.

import { lazy, StrictMode, Suspense, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { Boundary } from "./boundary";
import { loadAll, loadLanguage, useLanguage } from "./i18n";
import "./portal.css";
import { restore, useSession } from "./session";
import { SignInPage } from "./signin";
import { Waiting } from "./ui";

const app = () => Promise.all([import("./app"), loadAll()]).then(([app]) => app);
const App = lazy(app);

function Portal() {
  const language = useLanguage();
  const session = useSession();
  useEffect(() => {
    // What comes after the sign-in is fetched while somebody types.
    if (session === "out") void Promise.all([app(), import("./screens/home")]).catch(() => undefined);
  }, [session]);
  if (session === "starting") return <Waiting />;
  if (session === "out") return <SignInPage key={language} />;
  return (
    <Boundary>
      <Suspense fallback={<Waiting />}>
        <App key={language} />
      </Suspense>
    </Boundary>
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
