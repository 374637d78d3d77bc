//! `DELETE /notifications/v1/webhooks/{id}`: nothing is sent to it any more; its secrets are destroyed with their key.

use super::{PARTITION, WebhookCount, WebhookId, WebhookItem, ahead};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::{Nothing, Record},
    road::Context,
    store::{Attribute, Changes, Key, Table, Update},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The webhook.
    #[public]
    id: WebhookId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Delete;

impl Endpoint for Delete {
    const DECLARATION: Declaration = Declaration::new(
        "delete_webhook",
        methods::delete,
        "/notifications/v1/webhooks/{id}",
        Access::Right(&rbac::WEBHOOK_WRITE),
        Audit::Change,
        "Remove a webhook and destroy its secrets",
    )
    .status(204)
    .uses(&[Uses::Write(Table::Notifications), Uses::Write(Table::Keys)]);
    type Input = Input;
    type Answer = Nothing;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        ahead(at)
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let id = &input.id;
        let keys = [
            WebhookItem::key(cx.tenant(), id),
            SubjectKeyItem::key(cx.tenant(), id.as_str(), Purpose::Secret),
        ];
        let mut found = cx.batch(&keys).await?;
        let [webhook, subject] = &keys;
        let webhook = found
            .take::<WebhookItem>(webhook)?
            .ok_or_else(Problem::not_found)?;
        let one_less = Update::new()
            .add("count", -1)
            .when("#count > :none", &[(":none", Attribute::N("0".into()))]);
        let mut changes = Changes::new()
            .write(cx.delete(&webhook))
            .write(cx.update::<WebhookCount>(PARTITION, "-", one_less));
        if let Some(subject) = found.take::<SubjectKeyItem>(subject)? {
            changes = changes.write(cx.delete(&subject));
        }
        let changes = changes.object(id.as_str(), Some(&webhook.item), None);
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
