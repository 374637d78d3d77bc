//! `PUT /billing/v1/tax-settings`: what invoices are taxed by from now on. A second person approves it.

use super::settings::{Settings, TaxSettings, TaxSettingsItem};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{"replaces": 0, "settings": {"seller": {"name": "Ledgerkeep GmbH", "address": {"lines": ["Hauptstr. 1"], "city": "Berlin", "postal_code": "10115"}, "country": "DE", "tax_ids": ["DE136695976"]}, "rates": [{"country": "DE", "category": "standard", "rate": "19", "from": "2021-01-01"}]}}"#
)]
pub struct Input {
    /// The version that the caller has seen; 0 where nothing has been set. With a newer one the call is refused.
    #[public]
    replaces: u32,
    /// All settings: what is left out is not set any more.
    #[nested]
    settings: Settings,
}

/// The endpoint.
#[derive(Debug)]
pub struct Put;

impl Endpoint for Put {
    const DECLARATION: Declaration = Declaration::new(
        "put_tax_settings",
        methods::put,
        "/billing/v1/tax-settings",
        Access::Right(&rbac::TAX_WRITE),
        Audit::Alert,
        "Set the seller, registrations, rates and exemptions that invoices are taxed by",
    )
    .four_eyes()
    .refuses(&[codes::WRONG_VERSION])
    .uses(&[Uses::Write(Table::Billing)]);
    type Input = Input;
    type Answer = TaxSettings;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![Key::of::<TaxSettingsItem>(at.tenant, TaxSettingsItem::ID)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<TaxSettings>, Problem> {
        input.settings.check()?;
        let old = cx.find::<TaxSettingsItem>(TaxSettingsItem::ID).await?;
        let version = old.as_ref().map_or(0, |old| old.version);
        if version != input.replaces {
            let text = "There is a newer version than the one that the caller has seen.";
            return Err(Problem::conflict("wrong_version", text).with("version", version.into()));
        }
        let next = TaxSettingsItem {
            settings: input.settings,
            version: version.saturating_add(1),
            updated_at: cx.now(),
        };
        let write = match &old {
            Some(old) => cx.replace(old, &next)?,
            None => cx.create(&next)?,
        };
        let before = old.as_ref().map(|old| &old.item);
        let changes = Changes::new()
            .write(write)
            .object(TaxSettingsItem::ID, before, Some(&next));
        Ok(Outcome::changed(TaxSettings::from(&next), changes))
    }
}
