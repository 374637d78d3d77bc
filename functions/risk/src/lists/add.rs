//! `POST /risk/v1/lists/{id}/items`: puts a customer or a card on a list, for good or until a time. The same one
//! again replaces its end; an end that has come takes it off.

use super::{ListId, ListItem, ListItemId, Member, MemberItem};
use crate::{
    Subject,
    lines::{LineItem, line_id},
};
use shared::{
    crypto::Purpose,
    customer::CustomerRef,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{CustomerId, PaymentMethodId},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Item, Key, Stored, Table, Write},
    text::Line,
    time::Instant,
    words::Words,
};

/// Unix seconds; a part of a second counts as a whole one.
fn seconds(at: Instant) -> i64 {
    let at = at.timestamp();
    let part = i64::from(at.subsec_nanosecond() > 0);
    at.as_second().saturating_add(part)
}

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"payment_method": "pm_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "note": "Charged back twice"}"#)]
pub struct Input {
    /// The list.
    #[public]
    id: ListId,
    /// A customer; either this or a payment method.
    #[public]
    customer: Option<CustomerId>,
    /// A payment method: its card, whoever has stored it and however often.
    #[public]
    payment_method: Option<PaymentMethodId>,
    /// Until when; for good where it is left out. A time that has come takes it off.
    #[internal]
    expires_at: Option<Instant>,
    /// Why. Sealed under the key of whom it is about.
    #[personal]
    note: Option<Line>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Add;

impl Endpoint for Add {
    const DECLARATION: Declaration = Declaration::new(
        "add_risk_list_item",
        methods::post,
        "/risk/v1/lists/{id}/items",
        Access::Right(&rbac::RISK_LIST),
        Audit::Change,
        "Put a customer or a card on a list, for good or until a time, or take it off",
    )
    .status(201)
    .uses(&[
        Uses::Write(Table::Risk),
        Uses::Read(Table::Billing),
        Uses::Read(Table::Vault),
        Uses::Read(Table::Keys),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Member;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ListItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Member>, Problem> {
        let list = cx.get::<ListItem>(input.id.as_str()).await?;
        let subject = match (&input.customer, &input.payment_method) {
            (Some(customer), None) => Subject::Customer(customer.clone()),
            (None, Some(method)) => card(cx, method).await?,
            (None, None) => {
                let text = "either this or payment_method is required";
                return Err(Problem::invalid("/customer", text));
            }
            (Some(_), Some(_)) => {
                let text = "does not go with customer: an item is one or the other";
                return Err(Problem::invalid("/payment_method", text));
            }
        };
        let known = Known::read(cx, &list, &subject).await?;
        if let Some(false) = known.customer_exists {
            return Err(Problem::invalid("/customer", "is not a customer"));
        }
        let now = cx.now();
        let until = input.expires_at.map(seconds);
        let old = known.member.as_ref();
        let mut member = MemberItem {
            id: old.map_or_else(|| ListItemId::new(now), |m| m.id.clone()),
            list: list.id.clone(),
            subject: subject.id(),
            customer: input.customer,
            payment_method: input.payment_method,
            note: None,
            until,
            created_at: old.map_or(now, |m| m.created_at),
        };
        let note = noted(cx, &mut member, input.note, old.map(|m| &m.item)).await?;
        let line = LineItem::after(
            known.line.as_ref().map(|l| &l.item),
            line_id(list.kind, &subject),
            &list.id,
            until,
            now.as_second(),
        );
        let mut changes = Changes::new().write(match old {
            None => cx.create(&member)?,
            Some(old) => cx.replace(old, &member)?,
        });
        if let Some(write) = line_write(cx, known.line.as_ref(), line.as_ref())? {
            changes = changes.write(write);
        }
        let changes = changes.object(member.id.as_str(), old.map(|m| &m.item), Some(&member));
        Ok(Outcome::changed(Member::at(&member, note, now), changes))
    }
}

/// Seals why somebody is on the list: as it is said now, or as it was said before. Where it was said under another payment method it is
/// sealed anew under this one's key.
async fn noted(
    cx: &Context,
    member: &mut MemberItem,
    given: Option<Line>,
    old: Option<&MemberItem>,
) -> Result<Option<Line>, Problem> {
    let note = match (given, old.filter(|old| old.note.is_some())) {
        (Some(given), _) => Some(given),
        (None, Some(old)) => old.why(cx.cipher_of(Item::subject(old), Purpose::Pii).await?.as_ref())?,
        (None, None) => None,
    };
    if let Some(text) = &note {
        let erased = || Problem::invalid("/note", "is about somebody who has been erased");
        let cipher = cx
            .cipher_of(Item::subject(&*member), Purpose::Pii)
            .await?
            .ok_or_else(erased)?;
        let (list, sort) = (member.list.as_str(), member.subject.as_str());
        member.note = Some(Words::sealed::<MemberItem>(
            &cipher,
            list,
            sort,
            "note",
            text.as_str(),
        )?);
    }
    Ok(note)
}

/// The card of a payment method.
async fn card(cx: &Context, id: &PaymentMethodId) -> Result<Subject, Problem> {
    let mut batch = cx.batch(&vault::cards::keys(cx, id)).await?;
    let card = vault::cards::take(cx, &mut batch, id)?;
    let card = card.ok_or_else(|| Problem::invalid("/payment_method", "is not a payment method"))?;
    Ok(Subject::Card(card.item.tag()))
}

fn line_write(
    cx: &Context,
    old: Option<&Stored<LineItem>>,
    new: Option<&LineItem>,
) -> Result<Option<Write>, Problem> {
    Ok(match (old, new) {
        (None, None) => None,
        (None, Some(new)) => Some(cx.create(new)?),
        (Some(old), Some(new)) => Some(cx.replace(old, new)?),
        (Some(old), None) => Some(cx.delete(old)),
    })
}

/// What is known of a subject before it is put on a list.
struct Known {
    /// Nothing for a card: that its payment method exists is known already.
    customer_exists: Option<bool>,
    member: Option<Stored<MemberItem>>,
    line: Option<Stored<LineItem>>,
}

impl Known {
    async fn read(cx: &Context, list: &ListItem, subject: &Subject) -> Result<Self, Problem> {
        let member_key = Key::sub::<MemberItem>(cx.tenant(), list.id.as_str(), &subject.id());
        let line_key = cx.key::<LineItem>(&line_id(list.kind, subject));
        let customer_key = match subject {
            Subject::Customer(id) => Some(cx.key::<CustomerRef>(id.as_str())),
            Subject::Card(_) => None,
        };
        let mut keys = vec![member_key.clone(), line_key.clone()];
        keys.extend(customer_key.clone());
        let mut batch = cx.batch(&keys).await?;
        Ok(Self {
            customer_exists: match customer_key {
                Some(key) => Some(batch.take::<CustomerRef>(&key)?.is_some()),
                None => None,
            },
            member: batch.take::<MemberItem>(&member_key)?,
            line: batch.take::<LineItem>(&line_key)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_times_and_nothing_else() {
        let end = |t: &str| Instant::parse(t).map(seconds);
        assert_eq!(end("1970-01-01T00:01:00Z"), Ok(60));
        assert_eq!(end("1970-01-01T01:01:00.250+01:00"), Ok(61));
        for bad in [
            "",
            "tomorrow",
            "2027-01-31",
            "2027-13-01T00:00:00Z",
            "2027-01-31T00:00:00",
            "1e9",
        ] {
            assert!(end(bad).is_err(), "{bad}");
        }
    }
}
