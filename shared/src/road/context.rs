//! What a handler may reach: one tenant's items, through the caller's filters. Reads, lists, writes and keys stand below.

mod early;
mod erase;
mod keys;
mod lists;
mod maintenance;
mod pages;
mod reads;
mod writes;

pub use lists::Audited;
pub use pages::Pages;
pub use reads::Batch;

use super::{
    call::{Call, locked},
    request::RequestInfo,
};
use crate::{
    access::{
        auth::{
            Principal, Tenant, TenantStatus,
            dpop::{self, Proof},
        },
        networks::network_allows,
    },
    declaration::{
        endpoint::{Access, Declaration},
        uses::Uses,
    },
    kernel::{ids::TenantId, problem::Problem, time::Timestamp},
    process::app::App,
    store::meter::Meter,
};
use std::sync::{Arc, atomic::Ordering};

/// What a handler may reach: one tenant's items, through the caller's filters.
#[derive(Clone)]
pub struct Context {
    pub(crate) call: Arc<Call>,
    tenant: TenantId,
}

impl Call {
    /// The context that a handler works with.
    #[must_use]
    pub fn context(self: &Arc<Self>) -> Context {
        Context {
            call: self.clone(),
            tenant: self.principal.tenant.clone(),
        }
    }
}

impl Context {
    /// The process.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.call.app
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The caller.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.call.principal
    }

    /// Whether the answer is wanted as a page: the declaration offers one, and the caller prefers it.
    #[must_use]
    pub fn wants_page(&self) -> bool {
        self.call.request.prefers_page && self.call.declaration().is_some_and(|d| d.printable)
    }

    /// The time of the call.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.call.now
    }

    /// What the gateway said.
    #[must_use]
    pub fn request(&self) -> &RequestInfo {
        &self.call.request
    }

    /// The proof that a caller of the token endpoint holds a key (RFC 9449, section 5); none where none came. Its use is
    /// for the handler to write.
    ///
    /// # Errors
    /// `invalid_dpop_proof`.
    pub fn proof(&self) -> Result<Option<Proof>, Problem> {
        self.request()
            .proof(
                self.call.declaration(),
                &self.app().config.issuer,
                None,
                self.now(),
            )
            .map_err(|()| dpop::refused(400))
    }

    /// Counters of this call.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.call.meter
    }

    /// How often the road has run the handler before for this request, after lost races. A handler may leave
    /// a rarely needed read to the conditions of its transaction and make up for it when this is not 0.
    #[must_use]
    pub fn round(&self) -> u64 {
        self.call.round.load(Ordering::Relaxed)
    }

    /// Refuses what the function does not declare.
    ///
    /// # Errors
    /// 500: a programming error, found in the first test.
    pub fn may(&self, uses: Uses) -> Result<(), Problem> {
        self.call.may(uses)
    }

    /// Enters a tenant that a public call names. `None` when there is none or it is suspended.
    ///
    /// # Errors
    /// 421 and 503 where the call is for writing and this region may not; 503 when the store does not answer.
    pub async fn enter(&self, tenant: &TenantId) -> Result<Option<Self>, Problem> {
        let public = self
            .call
            .declaration()
            .is_some_and(|d| matches!(d.access, Access::Public));
        if !public && self.tenant != *tenant {
            return Err(Problem::internal("only public calls choose their tenant"));
        }
        let there = Self {
            call: self.call.clone(),
            tenant: tenant.clone(),
        };
        let Some(record) = there.find::<Tenant>(tenant.as_str()).await? else {
            return Ok(None);
        };
        // From a network that it does not list there is no such tenant.
        let listed = network_allows(&record.networks, self.request().address);
        if record.status != TenantStatus::Active || !listed {
            return Ok(None);
        }
        *locked(&self.call.scope) = tenant.clone();
        if self.call.declaration().is_some_and(Declaration::writes) {
            self.call.at_home(tenant).await?;
        }
        Ok(Some(there))
    }

    /// Another tenant's context, for the endpoints by which the platform makes and suspends tenants.
    ///
    /// # Errors
    /// 500 anywhere else.
    pub fn founding(&self, tenant: &TenantId) -> Result<Self, Problem> {
        if self.call.declaration().is_some_and(|d| d.founds_tenants) {
            Ok(Self {
                call: self.call.clone(),
                tenant: tenant.clone(),
            })
        } else {
            Err(Problem::internal("this function makes no tenants"))
        }
    }

    /// Whether this region is the home of the context's tenant and takes its writes. Workers ask before they act for a tenant:
    /// each region sees what there is to do, and one of them does it.
    ///
    /// # Errors
    /// 503 when that cannot be found out.
    pub async fn at_home(&self) -> Result<bool, Problem> {
        let lease = self.call.lease(self.tenant()).await?;
        Ok(lease.home.accepts(&self.app().config.region))
    }

    /// The home region of the context's tenant, where it can be found out.
    pub async fn home_region(&self) -> Option<String> {
        let lease = self.call.lease(self.tenant()).await.ok()?;
        Some(lease.home.region.clone())
    }
}
