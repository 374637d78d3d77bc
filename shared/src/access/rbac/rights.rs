//! The catalogue of rights.

/// A right: what it is called, which kind of object it governs, and by what it can be filtered.
#[derive(Debug, PartialEq, Eq)]
pub struct Right {
    /// `<noun>.<verb>`.
    pub name: &'static str,
    /// The item kind that its filters look at.
    pub kind: &'static str,
    /// Attributes that filters may name.
    pub attributes: &'static [&'static str],
    /// What it allows.
    pub about: &'static str,
}

impl Right {
    /// Whether its filters may look at what a call is about to do.
    #[must_use]
    pub fn looks_at_operations(&self) -> bool {
        self.attributes
            .iter()
            .any(|name| super::attribute::of_operation(name))
    }

    /// The right to read what this one governs.
    #[must_use]
    pub fn to_read(&self) -> Option<&'static Self> {
        let (noun, _) = self.name.split_once('.')?;
        find(&format!("{noun}.read")).filter(|read| read.kind == self.kind)
    }
}

macro_rules! rights {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $kind:literal, [$($attr:literal),*], $about:literal;)*) => {
        $(#[doc = $about] pub const $id: Right = Right { name: $name, kind: $kind, attributes: &[$($attr),*], about: $about };)*
        /// Every right.
        pub const ALL: &[Right] = &[$($id),*];
    };
}

rights! {
    PLATFORM_TENANT = "platform.tenant", "tenant", [], "Create tenants.";
    TENANT_READ = "tenant.read", "tenant", [], "Read the tenant's settings.";
    APPROVAL_READ = "approval.read", "approval", ["right"], "See what waits for a second person.";
    APPROVAL_DECIDE = "approval.decide", "approval", ["right"], "Approve or refuse what somebody else asks for.";
    TENANT_WRITE = "tenant.write", "tenant", [], "Change the tenant's settings.";
    APICLIENT_WRITE = "apiclient.write", "api-client", [], "Issue, rotate and revoke API clients.";
    APICLIENT_READ = "apiclient.read", "api-client", [], "List API clients.";
    USER_WRITE = "user.write", "user", [], "Invite, change and disable users.";
    USER_UNLOCK = "user.unlock", "user", [], "Clear the lock of users after too many wrong passwords.";
    USER_READ = "user.read", "user", [], "Read users.";
    ROLE_WRITE = "role.write", "role", ["id"], "Make roles and new versions of them.";
    ROLE_ASSIGN = "role.assign", "role", ["id"], "Give people and API clients roles that hold more than one holds oneself.";
    ROLE_READ = "role.read", "role", [], "Read roles and the catalogue of rights.";
    POLICY_WRITE = "policy.write", "role", ["id"], "Set the password policies of roles.";
    CUSTOMER_WRITE = "customer.write", "customer", ["country"], "Create and change customers.";
    CUSTOMER_READ = "customer.read", "customer", ["country"], "Read and search customers.";
    CATALOG_WRITE = "catalog.write", "product", [], "Create products and prices.";
    CATALOG_READ = "catalog.read", "product", [], "Read products and prices.";
    INVOICE_WRITE = "invoice.write", "invoice", ["amount", "currency", "customer"], "Draft invoices.";
    INVOICE_READ = "invoice.read", "invoice", ["amount", "currency", "customer"], "Read invoices.";
    INVOICE_FINALIZE = "invoice.finalize", "invoice", ["amount", "currency", "customer"], "Number invoices and make them due.";
    INVOICE_VOID = "invoice.void", "invoice", ["amount", "currency", "customer"], "Void issued invoices, by crediting all of them.";
    INVOICE_SETTLE = "invoice.settle", "invoice", ["amount", "currency", "customer"], "Say that invoices were paid elsewhere, write them off and open them again.";
    SUBSCRIPTION_WRITE = "subscription.write", "subscription", ["currency", "customer"], "Create, change and cancel subscriptions.";
    SUBSCRIPTION_READ = "subscription.read", "subscription", ["currency", "customer"], "Read and preview subscriptions.";
    USAGE_WRITE = "usage.write", "usage-event", ["customer"], "Record what customers use.";
    USAGE_READ = "usage.read", "usage-bucket", ["customer"], "Read what customers have used.";
    BILLING_RUN = "billing.run", "subscription", ["currency", "customer"], "Bill what of subscriptions is due.";
    CREDIT_WRITE = "credit.write", "credit-note", ["amount", "currency", "customer"], "Issue credit notes, and give customers credit.";
    CREDIT_READ = "credit.read", "wallet", ["currency", "customer"], "Read what credit customers have.";
    TAX_WRITE = "tax.write", "tax-settings", [], "Set what invoices are taxed by, with a second person's approval.";
    TAX_READ = "tax.read", "tax-settings", [], "Read what invoices are taxed by.";
    LEDGER_READ = "ledger.read", "journal-entry", [], "Read the books: accounts, statements, journal and trial balance.";
    LEDGER_POST = "ledger.post", "journal-entry", [], "Write journal entries, with a second person's approval.";
    LEDGER_CLOSE = "ledger.close", "period", [], "Close the books of a month, with a second person's approval.";
    VAULT_WRITE = "vault.write", "payment-method", ["brand", "customer"], "Tokenise cards and IBANs.";
    VAULT_READ = "vault.read", "payment-method", ["brand", "customer"], "Read masked payment methods.";
    VAULT_REVEAL = "vault.reveal", "payment-method", ["brand", "customer"], "See whole card numbers and IBANs, with a second person's approval.";
    VAULT_DELETE = "vault.delete", "payment-method", ["brand", "customer"], "Delete payment methods and destroy their keys.";
    KEY_READ = "key.read", "key", [], "See keys, their versions and their rotations.";
    KEY_ROTATE = "key.rotate", "key", [], "Rotate keys and re-encrypt what is sealed under them.";
    PAYMENT_WRITE = "payment.write", "payment", ["amount", "currency", "customer"], "Authorise and charge.";
    PAYMENT_READ = "payment.read", "payment", ["amount", "currency", "customer"], "Read payments and refunds.";
    PAYMENT_CAPTURE = "payment.capture", "payment", ["amount", "currency", "customer", "operation_amount"], "Capture authorised payments.";
    PAYMENT_CANCEL = "payment.cancel", "payment", ["amount", "currency", "customer"], "Cancel authorised payments.";
    PAYMENT_REFUND = "payment.refund", "payment", ["amount", "currency", "customer", "operation_amount"], "Refund captured payments.";
    RISK_CHECK = "risk.check", "risk-check", ["amount", "currency", "customer"], "Check a customer or a card without a payment.";
    RISK_READ = "risk.read", "risk-check", ["amount", "currency", "customer"], "Read risk checks and lists.";
    RISK_LIST = "risk.list", "risk-list", ["kind"], "Make allow and deny lists, and put customers and cards on them.";
    RISK_LABEL = "risk.label", "risk-label", ["amount", "currency", "customer"], "Say of payments and checks what they turned out to be.";
    REVIEW_READ = "review.read", "risk-review", ["amount", "currency", "customer"], "Read what of payments waits for a person.";
    REVIEW_DECIDE = "review.decide", "risk-review", ["amount", "currency", "customer"], "Claim, snooze and decide what of somebody else's payments waits for a person.";
    RISK_RULE = "risk.rule", "risk-rules", [], "Draft what payments are limited to, and put it into force with a second person's approval.";
    WEBHOOK_WRITE = "webhook.write", "webhook", [], "Create and change webhooks.";
    WEBHOOK_READ = "webhook.read", "webhook", [], "Read webhooks and deliveries.";
    WEBHOOK_RETRY = "webhook.retry", "delivery", [], "Attempt deliveries again.";
    AUDIT_READ = "audit.read", "audit-entry", ["activity", "outcome"], "Read audit entries, proofs and checkpoints.";
    PRIVACY_WRITE = "privacy.write", "privacy-request", ["type"], "Take and decide requests of data subjects, and open breaches.";
    PRIVACY_READ = "privacy.read", "privacy-request", ["type"], "Read requests of data subjects, breaches and the register of processing.";
    AUDIT_EXPORT = "audit.export", "audit-export", [], "Export audit bundles.";
    AUDIT_ALERT = "audit.alert", "alert", ["rule", "severity"], "Change alert rules and acknowledge alerts.";
    AUDIT_PURGE = "audit.purge", "audit-purge", [], "Purge audit entries that are past retention.";
}

/// Rights that people alone use: with them a machine could make more machines, people or roles, or be a second person. A client
/// that holds one, because a role came to grant it, does not have it.
pub const PEOPLE_ONLY: &[&Right] = &[
    &APICLIENT_WRITE,
    &APPROVAL_DECIDE,
    &ROLE_ASSIGN,
    &ROLE_WRITE,
    &USER_WRITE,
];

impl Right {
    /// Whether only people use it.
    #[must_use]
    pub fn people_only(&self) -> bool {
        PEOPLE_ONLY.iter().any(|right| right.name == self.name)
    }
}

/// A right by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Right> {
    ALL.iter().find(|r| r.name == name)
}
