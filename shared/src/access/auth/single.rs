//! What is good for one call: a DPoP proof, a nonce of WS-Security. Its use is written with what the call changes, or with its audit
//! entry, so that of all calls that come with it one is made.

use super::{
    dpop::{self, Proof, UsedProof},
    username,
};
use crate::{
    kernel::{ids::TenantId, problem::Problem},
    store::Write,
};
use aws_lc_rs::digest::{SHA256, digest};

/// Something that is good for one call.
#[derive(Clone, Debug)]
pub struct Single {
    id: String,
    expires_at: i64,
    refused: fn() -> Problem,
}

impl Single {
    /// A proof that came with a bound token.
    #[must_use]
    pub(super) fn proof(used: UsedProof) -> Self {
        Self {
            id: used.id,
            expires_at: used.expires_at,
            refused: || dpop::refused(401),
        }
    }

    /// A client's nonce, until its message is too old in any case.
    #[must_use]
    pub fn nonce(client: &str, nonce: &[u8], expires_at: i64) -> Self {
        let name = [b"wsse", client.as_bytes(), nonce].join(&0);
        Self {
            id: hex::encode(digest(&SHA256, &name)),
            expires_at,
            refused: username::failed,
        }
    }

    /// Whether a refusal is about it: then it is not written down as used.
    #[must_use]
    pub fn is_refused_by(&self, problem: &Problem) -> bool {
        (self.refused)().code == problem.code || problem.code == username::EXPIRED
    }

    /// The refusal of whoever comes second.
    #[must_use]
    pub fn refused(&self) -> Problem {
        (self.refused)()
    }

    /// The write that uses it up.
    ///
    /// # Errors
    /// 500 when it does not encode.
    pub fn spend(&self, tenant: &TenantId) -> Result<Write, Problem> {
        let used = UsedProof {
            id: self.id.clone(),
            expires_at: self.expires_at,
        };
        Ok(Write::create(tenant, &used)?.otherwise(self.refused()))
    }
}

impl From<&Proof> for Single {
    fn from(proof: &Proof) -> Self {
        Self::proof(proof.used())
    }
}
