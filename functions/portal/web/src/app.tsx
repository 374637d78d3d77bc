// The portal of whoever is signed in: where one can go, the screen, and what may stand over it.

import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Link, Redirect, Route, Router, Switch, useLocation } from "wouter";
import { api, forgetReason, Refused } from "./api";
import { Boundary } from "./boundary";
import { client, type Me, useMay, useMe } from "./client";
import { Dialog, forgetAsked } from "./form";
import { type Key, t } from "./i18n";
import { cancelAll, usePrompt } from "./prompts";
import { forget, leave, useSession } from "./session";
import { choose, isDark, useSettings } from "./settings";
import { type Person, Front, SignInSteps, Steps } from "./signin";
import { Button, CloseRow, Failed, Field, Head, Icon, Notes, Waiting } from "./ui";

/** Where the terms of what this page is made of stand; the build says so. */
declare const LICENCES: string;

const Palette = lazy(() => import("./palette"));
const Enrol = lazy(() => import("./screens/enrol"));
const ChangePassword = lazy(() => import("./screens/password"));

export interface Place {
  path: string;
  label: Key;
  /** The right that it needs, or any one of several. */
  right?: string | readonly string[];
  group: "work" | "books" | "risk" | "people" | "control" | "help";
}

/** What there are statistics of. */
const STATISTICS = ["payment.read", "invoice.read", "subscription.read"];
const needs = (right: string | readonly string[] | undefined, may: (right: string) => boolean): boolean => right === undefined || (typeof right === "string" ? may(right) : right.some(may));

/** Where one can go, in the order of the menu. */
export const PLACES: readonly Place[] = [
  { path: "/home", label: "nav.home", group: "work" },
  { path: "/statistics", label: "nav.statistics", right: STATISTICS, group: "work" },
  { path: "/customers", label: "nav.customers", right: "customer.read", group: "work" },
  { path: "/payments", label: "nav.payments", right: "payment.read", group: "work" },
  { path: "/refunds", label: "nav.refunds", right: "payment.read", group: "work" },
  { path: "/subscriptions", label: "nav.subscriptions", right: "subscription.read", group: "work" },
  { path: "/invoices", label: "nav.invoices", right: "invoice.read", group: "work" },
  { path: "/credit-notes", label: "nav.notes", right: "invoice.read", group: "work" },
  { path: "/products", label: "nav.products", right: "catalog.read", group: "work" },
  { path: "/tax", label: "nav.tax", right: "tax.read", group: "work" },
  { path: "/ledger", label: "nav.ledger", right: "ledger.read", group: "books" },
  { path: "/journal", label: "nav.journal", right: "ledger.read", group: "books" },
  { path: "/trial-balance", label: "nav.trialBalance", right: "ledger.read", group: "books" },
  { path: "/ledger-reports", label: "nav.reports", right: "ledger.read", group: "books" },
  { path: "/risk-rules", label: "nav.riskRules", right: "risk.read", group: "risk" },
  { path: "/risk-lists", label: "nav.riskLists", right: "risk.read", group: "risk" },
  { path: "/risk-checks", label: "nav.riskChecks", right: "risk.read", group: "risk" },
  { path: "/approvals", label: "nav.approvals", group: "people" },
  { path: "/users", label: "nav.users", right: "user.read", group: "people" },
  { path: "/roles", label: "nav.roles", right: "role.read", group: "people" },
  { path: "/api-clients", label: "nav.clients", right: "apiclient.read", group: "people" },
  { path: "/tenant", label: "nav.tenant", right: "tenant.read", group: "people" },
  { path: "/audit", label: "nav.audit", right: "audit.read", group: "control" },
  { path: "/alerts", label: "nav.alerts", right: "audit.read", group: "control" },
  { path: "/alert-rules", label: "nav.alertRules", right: "audit.read", group: "control" },
  { path: "/webhooks", label: "nav.webhooks", right: "webhook.read", group: "control" },
  { path: "/deliveries", label: "nav.deliveries", right: "webhook.read", group: "control" },
  { path: "/privacy", label: "nav.privacy", right: "privacy.read", group: "control" },
  { path: "/breaches", label: "nav.breaches", right: "privacy.read", group: "control" },
  { path: "/keys", label: "nav.keys", right: "key.read", group: "control" },
  { path: "/docs", label: "nav.docs", group: "help" },
];

const Home = lazy(() => import("./screens/home"));
const Statistics = lazy(() => import("./screens/statistics"));
const Customers = lazy(() => import("./screens/customers"));
const Customer = lazy(() => import("./screens/customer"));
const Payments = lazy(() => import("./screens/payments"));
const Payment = lazy(() => import("./screens/payment"));
const Refunds = lazy(() => import("./screens/refunds"));
const Subscriptions = lazy(() => import("./screens/subscriptions"));
const Subscription = lazy(() => import("./screens/subscription"));
const Invoices = lazy(() => import("./screens/invoices"));
const Invoice = lazy(() => import("./screens/invoice"));
const CreditNotes = lazy(() => import("./screens/credit-notes"));
const CreditNote = lazy(() => import("./screens/credit-note"));
const Tax = lazy(() => import("./screens/tax"));
const TaxEdit = lazy(() => import("./screens/tax-edit"));
const Ledger = lazy(() => import("./screens/ledger"));
const Statement = lazy(() => import("./screens/statement"));
const Journal = lazy(() => import("./screens/journal"));
const JournalEntry = lazy(() => import("./screens/journal-entry"));
const TrialBalance = lazy(() => import("./screens/trial-balance"));
const LedgerReports = lazy(() => import("./screens/ledger-reports"));
const RiskChecks = lazy(() => import("./screens/risk-checks"));
const RiskCheck = lazy(() => import("./screens/risk-check"));
const Products = lazy(() => import("./screens/products"));
const Product = lazy(() => import("./screens/product"));
const RiskLists = lazy(() => import("./screens/risk-lists"));
const RiskList = lazy(() => import("./screens/risk-list"));
const RiskRules = lazy(() => import("./screens/risk-rules"));
const TenantSettings = lazy(() => import("./screens/tenant"));
const AlertRules = lazy(() => import("./screens/alert-rules"));
const Approvals = lazy(() => import("./screens/approvals"));
const Users = lazy(() => import("./screens/users"));
const User = lazy(() => import("./screens/user"));
const Roles = lazy(() => import("./screens/roles"));
const Role = lazy(() => import("./screens/role"));
const RoleEdit = lazy(() => import("./screens/role-edit"));
const Docs = lazy(() => import("./screens/docs"));
const Clients = lazy(() => import("./screens/clients"));
const Audit = lazy(() => import("./screens/audit"));
const Entry = lazy(() => import("./screens/entry"));
const Alerts = lazy(() => import("./screens/alerts"));
const Webhooks = lazy(() => import("./screens/webhooks"));
const Deliveries = lazy(() => import("./screens/deliveries"));
const Privacy = lazy(() => import("./screens/privacy"));
const PrivacyRequest = lazy(() => import("./screens/request"));
const Breaches = lazy(() => import("./screens/breaches"));
const Keys = lazy(() => import("./screens/keys"));
const Account = lazy(() => import("./screens/account"));

export default function App() {
  useEffect(
    () => () => {
      // Nothing that was read outlives the session.
      client.clear();
      forgetAsked();
      forgetReason();
      cancelAll();
    },
    [],
  );
  return (
    <QueryClientProvider client={client}>
      <Entered />
      <Notes />
    </QueryClientProvider>
  );
}

/** What a session may be limited to comes first. */
function Entered() {
  const me = useMe();
  if (me.data) return <Shell me={me.data} />;
  if (me.isPending)
    return (
      <>
        <Waiting />
        <Prompts />
      </>
    );
  const code = me.error instanceof Refused ? me.error.problem.code : "";
  const again = (): void => void me.refetch();
  return (
    <Suspense fallback={<Waiting />}>
      {code === "password_change_required" ? (
        <Front title={t("password.title")}>
          <p>{t("password.mustChange")}</p>
          <ChangePassword />
          <SignOutLine />
        </Front>
      ) : code === "second_factor_required" ? (
        <Front title={t("enrol.title")}>
          <Enrol done={again} />
          <SignOutLine />
        </Front>
      ) : (
        <Front title={t("error.title")}>
          <Failed error={me.error} retry={again} />
          <SignOutLine />
        </Front>
      )}
      <Prompts />
    </Suspense>
  );
}

function SignOutLine() {
  return (
    <Button kind="quiet" onPress={() => void leave()}>
      {t("signout")}
    </Button>
  );
}

function Shell({ me }: { me: Me }) {
  const may = useMay();
  const session = useSession();
  const [location, go] = useLocation();
  const [palette, showPalette] = useState(false);
  const [help, showHelp] = useState(false);
  const [menu, showMenu] = useState(false);
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const writes = event.target instanceof HTMLElement && event.target.closest("input, textarea, select") !== null;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        showPalette(true);
      } else if (event.key === "?" && !writes && !document.querySelector('[role="dialog"]')) {
        event.preventDefault();
        showHelp(true);
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
  useEffect(() => showMenu(false), [location]);
  const places = PLACES.filter((p) => needs(p.right, may));
  const { zone, language } = useSettings();
  // Rows and details read their words and times as they are drawn.
  const drawn = `${zone} ${language}`;
  return (
    <div className={session === "over" ? "shell veiled" : "shell"}>
      <a className="skip" href="#screen">
        {t("skip")}
      </a>
      <header className="top">
        <Button kind="quiet" aria-label={t("menu")} aria-expanded={menu} onPress={() => showMenu(!menu)}>
          <Icon name="menu" />
        </Button>
        <Link href="/portal/home" className="brand">
          <span className="mark" aria-hidden="true" />
          Ledgerkeep
        </Link>
        <span className="spring" />
        <Button kind="quiet" aria-label={`${t("palette.open")} Ctrl K`} onPress={() => showPalette(true)}>
          <Icon name="find" /> <span className="wide-only">{t("palette.open")}</span> <kbd className="wide-only">Ctrl K</kbd>
        </Button>
        <Button kind="quiet" aria-label={t(zone === "utc" ? "zone.isUtc" : "zone.isLocal")} onPress={() => choose({ zone: zone === "utc" ? "local" : "utc" })}>
          {zone === "utc" ? "UTC" : t("zone.local")}
        </Button>
        <MenuTrigger>
          <Button kind="quiet" aria-label={t("account.menu", { name: me.name ?? me.id })}>
            <span className="face" data-letter={(me.name ?? "?").slice(0, 1).toUpperCase()} />
            <span className="wide-only">{me.name}</span>
          </Button>
          <Popover className="popover" placement="bottom end">
            <Menu
              className="menu"
              aria-label={t("account.title")}
              onAction={(key) => {
                if (key === "account") go("/portal/account");
                if (key === "help") showHelp(true);
                if (key === "language") choose({ language: language === "en" ? "de" : "en" });
                if (key === "theme") choose({ theme: isDark() ? "light" : "dark" });
                if (key === "out") void leave(me.session ?? undefined);
              }}
            >
              <MenuItem id="account">{t("account.title")}</MenuItem>
              <MenuItem id="language">{language === "en" ? "Deutsch" : "English"}</MenuItem>
              <MenuItem id="theme">{t(isDark() ? "theme.light" : "theme.dark")}</MenuItem>
              <MenuItem id="help">{t("help.title")}</MenuItem>
              <MenuItem id="out">{t("signout")}</MenuItem>
            </Menu>
          </Popover>
        </MenuTrigger>
      </header>
      <nav className={menu ? "side open" : "side"} aria-label={t("nav.title")}>
        {(["work", "books", "risk", "people", "control", "help"] as const).map((group) => (
          <ul key={group}>
            {places
              .filter((p) => p.group === group)
              .map((p) => {
                const here = location === `/portal${p.path}` || location.startsWith(`/portal${p.path}/`);
                return (
                  <li key={p.path}>
                    <Link href={`/portal${p.path}`} aria-current={here ? "page" : undefined}>
                      {t(p.label)}
                    </Link>
                  </li>
                );
              })}
          </ul>
        ))}
      </nav>
      <main id="screen" key={drawn}>
        <Boundary key={location}>
          <Suspense fallback={<Waiting />}>
            <Screens />
          </Suspense>
        </Boundary>
      </main>
      {palette && (
        <Suspense fallback={null}>
          <Palette places={places} close={() => showPalette(false)} />
        </Suspense>
      )}
      {help && <Help close={() => showHelp(false)} />}
      <Prompts me={me} />
    </div>
  );
}

function Guarded({ right, children }: { right?: string | readonly string[]; children: ReactNode }) {
  const may = useMay();
  if (needs(right, may)) return children;
  return (
    <>
      <Head title={t("why.title")} />
      <p>{t("why.right", { right: typeof right === "string" ? right : (right?.join(" / ") ?? "") })}</p>
    </>
  );
}

function Screens() {
  const screen = (path: string, right: string | readonly string[] | undefined, draw: (id: string) => ReactNode): ReactNode => (
    <Route path={`/portal${path}`}>{(given: Record<string, string | undefined>) => <Guarded right={right}>{draw(given.id ?? "")}</Guarded>}</Route>
  );
  return (
    <Router>
      <Switch>
        {screen("/home", undefined, () => <Home />)}
        {screen("/account", undefined, () => <Account />)}
        {screen("/statistics", STATISTICS, () => <Statistics />)}
        {screen("/customers", "customer.read", () => <Customers />)}
        {screen("/customers/:id", "customer.read", (id) => <Customer key={id} id={id} />)}
        {screen("/payments", "payment.read", () => <Payments />)}
        {screen("/payments/:id", "payment.read", (id) => <Payment key={id} id={id} />)}
        {screen("/refunds", "payment.read", () => <Refunds />)}
        {screen("/subscriptions", "subscription.read", () => <Subscriptions />)}
        {screen("/subscriptions/:id", "subscription.read", (id) => <Subscription key={id} id={id} />)}
        {screen("/invoices", "invoice.read", () => <Invoices />)}
        {screen("/invoices/:id", "invoice.read", (id) => <Invoice key={id} id={id} />)}
        {screen("/credit-notes", "invoice.read", () => <CreditNotes />)}
        {screen("/credit-notes/:id", "invoice.read", (id) => <CreditNote key={id} id={id} />)}
        {screen("/tax", "tax.read", () => <Tax />)}
        {screen("/tax/edit", "tax.write", () => <TaxEdit />)}
        {screen("/ledger", "ledger.read", () => <Ledger />)}
        {screen("/ledger/:id", "ledger.read", (id) => <Statement key={id} account={id} />)}
        {screen("/journal", "ledger.read", () => <Journal />)}
        {screen("/journal/:id", "ledger.read", (id) => <JournalEntry key={id} id={id} />)}
        {screen("/trial-balance", "ledger.read", () => <TrialBalance />)}
        {screen("/ledger-reports", "ledger.read", () => <LedgerReports />)}
        {screen("/risk-checks", "risk.read", () => <RiskChecks />)}
        {screen("/risk-checks/:id", "risk.read", (id) => <RiskCheck key={id} id={id} />)}
        {screen("/products", "catalog.read", () => <Products />)}
        {screen("/products/:id", "catalog.read", (id) => <Product key={id} id={id} />)}
        {screen("/risk-lists", "risk.read", () => <RiskLists />)}
        {screen("/risk-lists/:id", "risk.read", (id) => <RiskList key={id} id={id} />)}
        {screen("/risk-rules", "risk.read", () => <RiskRules />)}
        {screen("/tenant", "tenant.read", () => <TenantSettings />)}
        {screen("/alert-rules", "audit.read", () => <AlertRules />)}
        {screen("/approvals", undefined, () => <Approvals />)}
        {screen("/users", "user.read", () => <Users />)}
        {screen("/users/:id", "user.read", (id) => <User key={id} id={id} />)}
        {screen("/roles", "role.read", () => <Roles />)}
        {screen("/roles/new", "role.write", () => <RoleEdit />)}
        {screen("/roles/:id/edit", "role.write", (id) => <RoleEdit key={id} id={id} />)}
        {screen("/roles/:id", "role.read", (id) => <Role key={id} id={id} />)}
        {screen("/api-clients", "apiclient.read", () => <Clients />)}
        {screen("/audit", "audit.read", () => <Audit />)}
        {screen("/audit/:id", "audit.read", (id) => <Entry key={id} id={id} />)}
        {screen("/alerts", "audit.read", () => <Alerts />)}
        {screen("/webhooks", "webhook.read", () => <Webhooks />)}
        {screen("/deliveries", "webhook.read", () => <Deliveries />)}
        {screen("/privacy", "privacy.read", () => <Privacy />)}
        {screen("/privacy/:id", "privacy.read", (id) => <PrivacyRequest key={id} id={id} />)}
        {screen("/breaches", "privacy.read", () => <Breaches />)}
        {screen("/keys", "key.read", () => <Keys />)}
        {screen("/docs", undefined, () => <Docs />)}
        {screen("/docs/:id", undefined, (id) => <Docs id={id} />)}
        <Route path="/portal/reset">
          <Redirect to="/portal/account" />
        </Route>
        <Route path="/portal/signin">
          <Redirect to="/portal/home" replace />
        </Route>
        <Route>
          <Head title={t("lost.title")} />
          <p>{t("lost.about")}</p>
          <p>
            <Link href="/portal/home">{t("nav.home")}</Link>
          </p>
        </Route>
      </Switch>
    </Router>
  );
}

/** What a call waits for in the middle. */
function Prompts({ me }: { me?: Me }) {
  const prompt = usePrompt();
  if (!prompt) return null;
  const person: Person | undefined = me?.email ? { tenant: me.tenant, email: me.email } : undefined;
  const out = (
    <Button
      kind="quiet"
      onPress={() => {
        prompt.answer(null);
        forget();
      }}
    >
      {t("signout")}
    </Button>
  );
  const no = (
    <Button kind="quiet" onPress={() => prompt.answer(null)}>
      {t("cancel")}
    </Button>
  );
  return (
    <Dialog open title={t(`prompt.${prompt.kind}`)} close={() => prompt.kind !== "over" && prompt.answer(null)}>
      <p>{t(`prompt.${prompt.kind}About`)}</p>
      {prompt.kind === "reason" ? (
        <Steps
          label={t("prompt.go")}
          beside={no}
          submit={async (data) => {
            const given = String(data.get("reason") ?? "").trim();
            if (given) prompt.answer(given);
          }}
        >
          <Field name="reason" label={t("prompt.reasonField")} required autoFocus maxLength={200} />
        </Steps>
      ) : (
        <>
          <SignInSteps
            person={person}
            done={(session) => {
              const before = me?.session;
              // The session that this one takes the place of ends.
              if (prompt.kind === "stepUp" && before && before !== session) void api.DELETE("/identity/v1/sessions/{id}", { params: { path: { id: before } } }).catch(() => undefined);
              if (me && session) client.setQueryData(["me"], { ...me, session });
              prompt.answer("yes");
            }}
          />
          {prompt.kind === "over" ? out : no}
        </>
      )}
    </Dialog>
  );
}

function Help({ close }: { close: () => void }) {
  const keys: [string, Key][] = [
    ["Ctrl K", "help.palette"],
    ["?", "help.this"],
    ["Tab", "help.tab"],
    ["Enter", "help.enter"],
    ["Esc", "help.escape"],
  ];
  return (
    <Dialog open title={t("help.title")} close={close}>
      <dl className="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <p className="hint">
        {t("help.about")} <a href={LICENCES}>{t("help.licences")}</a>
      </p>
      <CloseRow close={close} />
    </Dialog>
  );
}

