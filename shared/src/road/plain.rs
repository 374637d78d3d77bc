//! Plain endpoints: parse, handle, commit.

use super::{
    answer::{self, Finished},
    approve::{self, Eyes},
    authenticate::is_fresh,
    call::{Call, locked},
    commit::Verdict,
};
use crate::{
    declaration::endpoint::Format,
    kernel::{
        problem::Problem,
        record::{self, Class, Field, Record},
    },
    road::{
        endpoint::Endpoint,
        outcome::{Instead, Outcome},
    },
    store::Write,
};
use futures::{FutureExt, future::BoxFuture};
use serde::Serialize;
use serde_json::Value;
use std::{panic::AssertUnwindSafe, sync::Arc};

/// Runs a plain endpoint to its commit.
///
/// # Errors
/// Whatever the handler or the commit refuses; nothing has been changed then but what the refusal carries.
pub async fn plain<E: Endpoint>(call: Arc<Call>, input: Value) -> Result<Finished, Problem> {
    let declared = E::DECLARATION;
    let always = (declared.four_eyes_when)(&input);
    let whole = declared.four_eyes.then(|| input.clone());
    let input = parse::<E::Input>(&call, input)?;
    if declared.four_eyes {
        approve::named(&call)?;
    }
    let cx = call.context();
    let mut outcome = caught(Box::pin(E::handle(&cx, input))).await?;
    let mut own = Vec::new();
    let asked = outcome.changes.two_people;
    if asked && !is_fresh(&call.principal, call.now) {
        return Err(Problem::stale_sign_in());
    }
    if asked && whole.is_none() {
        return Err(Problem::internal("a second person is asked for and not declared"));
    }
    if let Some(input) = whole.filter(|_| always || asked) {
        call.within_walls(&call.principal.tenant, &outcome.changes)?;
        let shown = record::for_decision(<E::Input as Record>::FIELDS, &input);
        match approve::eyes(&call, &E::DECLARATION, (&input, &shown), &mut outcome.changes).await? {
            Eyes::Four(used) => own.push(*used),
            Eyes::Two(approval) => return approve::wait(&call, *approval).await,
        }
    }
    let fields = <E::Answer as Record>::FIELDS;
    conclude(&call, &E::DECLARATION, fields, outcome, own, false).await
}

/// Parses the input and keeps its masked form for the audit entry.
pub(crate) fn parse<T: record::Input + Record>(call: &Call, mut input: Value) -> Result<T, Problem> {
    let oauth = call.declaration().is_some_and(|d| d.format == Format::OAuth);
    if let (true, Value::Object(map)) = (oauth, &mut input) {
        // "Parameters sent without a value MUST be treated as if they were omitted from the request. The authorization
        // server MUST ignore unrecognized request parameters" (RFC 6749, section 3.2).
        map.retain(|name, value| *value != "" && T::FIELDS.iter().any(|f| f.name == name));
    }
    let input = record::parse::<T>(input).map_err(Problem::validation)?;
    *locked(&call.masked_input) = Some(input.masked());
    Ok(input)
}

/// Runs a handler; a panic becomes a 500 and the process lives on. Boxed, it has the compiler look at two futures one after the
/// other instead of at one within the other, which for some goes deeper than it looks.
pub(crate) async fn caught<T>(handler: BoxFuture<'_, Result<T, Problem>>) -> Result<T, Problem> {
    AssertUnwindSafe(handler)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Problem::internal("the handler panicked")))
}

/// Whether an answer is for one pair of eyes, once: secrets, and whole card and account numbers.
fn holds_secret(fields: &[Field]) -> bool {
    fields.iter().any(|f| {
        matches!(f.class, Class::Secret | Class::Card) || f.nested.is_some_and(|n| holds_secret(n()))
    })
}

/// Whether anything in a masked answer is about somebody.
fn is_personal(masked: &Value) -> bool {
    match masked {
        Value::String(text) => text == "[personal]",
        Value::Array(list) => list.iter().any(is_personal),
        Value::Object(map) => map.values().any(is_personal),
        _ => false,
    }
}

/// Commits an outcome and makes the answer.
pub(crate) async fn conclude<A: Record + Serialize>(
    call: &Call,
    declaration: &crate::declaration::endpoint::Declaration,
    fields: &'static [Field],
    outcome: Outcome<A>,
    mut own: Vec<Write>,
    began: bool,
) -> Result<Finished, Problem> {
    let body = serde_json::to_value(&outcome.answer)
        .map_err(|e| Problem::internal(format!("the answer does not serialise: {e}")))?;
    let masked = outcome.answer.masked();
    let status = declaration.status;
    if let Some(slot) = &call.slot {
        let tenant = locked(&call.scope).clone();
        let personal = is_personal(&masked);
        let theirs = match personal {
            true => call.sealer(&outcome.changes, &body).await?,
            false => None,
        };
        // What is about somebody, and of whom it is not said, is not kept where the call has told the world.
        let nobodys = personal && theirs.is_none() && declaration.effect;
        let kept = (!holds_secret(fields) && !nobodys).then_some(&body);
        let about = (outcome.changes.object.as_deref(), call.left(&outcome.changes));
        own.push(slot.finish(&tenant, status, kept, theirs.as_ref(), about, began)?);
    }
    let verdict = Verdict {
        outcome: "succeeded",
        status,
        code: None,
        answer: Some(masked).filter(|_| !matches!(outcome.instead, Some(Instead::Text(_) | Instead::Xml(_)))),
    };
    call.commit(outcome.changes, own, &verdict).await?;
    let mut finished = match outcome.instead {
        Some(Instead::Page(page)) => Finished::page(status, page),
        Some(Instead::Text(text)) => Finished::text(status, text),
        Some(Instead::Xml(text)) => Finished {
            media: "text/xml; charset=utf-8",
            ..Finished::text(status, text)
        },
        None => Finished::json(status, body),
    };
    if declaration.format == Format::OAuth {
        finished.headers.push(answer::PRAGMA.map(str::to_owned).into());
    }
    finished
        .headers
        .extend(outcome.headers.into_iter().map(|(n, v)| (n.to_owned(), v)));
    Ok(finished)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_500_and_the_process_lives_on() {
        let Err(problem) = caught::<()>(Box::pin(async { panic!("4242424242424242") })).await else {
            panic!("it went through");
        };
        assert_eq!((problem.status, problem.code), (500, "internal"));
        assert!(!problem.body("req_1").to_string().contains("4242"));
        assert_eq!(caught(Box::pin(async { Ok(7) })).await.ok(), Some(7));
    }
}
