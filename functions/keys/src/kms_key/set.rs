//! `PUT /keys/v1/kms-key`: the tenant's own KMS key wraps its keys from now on, or the platform's again.
//!
//! KMS wraps every version anew (`kms:ReEncrypt`), so that no data is touched and nobody sees a key. Copies that were
//! wrapped by the key before are of use to whoever may use that one, until a rotation of the tenant's keys has ended.

use super::KmsKeyArn;
use crate::tenant_keys::TenantKey;
use serde::Serialize;
use shared::{
    crypto::{Purpose, TenantKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{AtRestBytes, Changes, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The tenant's own key; absent to go back to the platform's.
    #[public]
    arn: Option<KmsKeyArn>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "KmsKey")]
pub struct Answer {
    /// One key for each purpose.
    #[nested]
    data: Vec<TenantKey>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Set;

impl Endpoint for Set {
    const DECLARATION: Declaration = Declaration::new(
        "set_kms_key",
        methods::put,
        "/keys/v1/kms-key",
        Access::Right(&rbac::KEY_ROTATE),
        Audit::Alert,
        "Have the tenant's keys wrapped by its own KMS key, or by the platform's again",
    )
    .refuses(&[codes::ROTATION_RUNNING])
    .four_eyes()
    .uses(&[Uses::Write(Table::Keys), Uses::Rewrap]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let to = input.arn.as_ref().map(KmsKeyArn::as_str);
        let keys: Vec<Key> = Purpose::ALL
            .iter()
            .map(|p| cx.key::<TenantKeyItem>(p.name()))
            .collect();
        let mut batch = cx.batch(&keys).await?;
        let (mut changes, mut data, mut before) = (Changes::new(), Vec::new(), None);
        for key in &keys {
            let Some(old) = batch.take::<TenantKeyItem>(key)? else {
                continue;
            };
            let mut new = old.item.clone();
            for (name, wrapped) in &mut new.versions {
                let from = old.kms.get(name).map(String::as_str);
                if from == to {
                    continue;
                }
                let version = name.parse().map_err(|_| Problem::internal("a bad version"))?;
                let made = cx
                    .rewrap_tenant_key(old.purpose, version, &wrapped.0, from, to)
                    .await?;
                *wrapped = AtRestBytes(made.map_err(|code| refused(&code))?);
            }
            new.kms = match to {
                Some(arn) => old.versions.keys().map(|v| (v.clone(), arn.to_owned())).collect(),
                None => Default::default(),
            };
            data.push(TenantKey::at(&new, cx.now()));
            before = before.or(Some(TenantKey::at(&old, cx.now())));
            if new.kms != old.kms {
                changes = changes.write(cx.replace(&old, &new)?);
            }
        }
        // Also where it is wrapped by that key already: who asked for it stands in the log.
        let changes = changes.object("kms-key", before.as_ref(), data.first());
        Ok(Outcome::changed(Answer { data }, changes))
    }
}

fn refused(code: &str) -> Problem {
    let text = format!("is a key that KMS does not let the platform use ({code})");
    Problem::invalid("/arn", text)
}
