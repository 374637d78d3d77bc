//! `GET /billing/v1/tax-settings`.

use super::settings::{TaxSettings, TaxSettingsItem};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// Nothing comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_tax_settings",
        methods::get,
        "/billing/v1/tax-settings",
        Access::Right(&rbac::TAX_READ),
        Audit::Log,
        "Read what invoices are taxed by; there is none until it is set",
    )
    .uses(&[Uses::Read(Table::Billing)]);
    type Input = Input;
    type Answer = TaxSettings;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![Key::of::<TaxSettingsItem>(at.tenant, TaxSettingsItem::ID)]
    }

    async fn handle(cx: &Context, _: Input) -> Result<Outcome<TaxSettings>, Problem> {
        let item = cx.get::<TaxSettingsItem>(TaxSettingsItem::ID).await?;
        Ok(Outcome::read(TaxSettings::from(&item.item)))
    }
}
