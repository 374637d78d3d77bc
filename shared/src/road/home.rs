//! The road's part of home regions: who may commit here, and what goes with a commit so that a late one does not land.

use super::call::{Call, Who, locked};
use crate::{
    declaration::{uses::Uses, worker::Place},
    kernel::{ids::TenantId, problem::Problem},
    ports::home::{GateItem, Guard, HomeItem, Lease, Unknown, refused},
    store::{StoreError, TENANT_PREFIX, Table, Write, decode},
};

/// What allows one transaction: leases, and the gates that it takes.
pub(super) struct Pass<'h> {
    pub(super) guard: Guard<'h>,
    pub(super) gates: Vec<Write>,
}

fn tenant_of(pk: &str) -> Option<TenantId> {
    let (id, _) = pk.strip_prefix(TENANT_PREFIX)?.split_once('#')?;
    TenantId::parse(id).ok()
}

impl Call {
    pub(crate) async fn lease(&self, tenant: &TenantId) -> Result<Lease, Problem> {
        self.may(Uses::Home)?;
        let app = &self.app;
        let lease = app
            .homes
            .lease(&app.database, &self.meter, &*app.clock, tenant)
            .await;
        Ok(lease?)
    }

    /// A lease under which this region may commit for a tenant.
    ///
    /// # Errors
    /// 421 where another region is its home, 503 while it moves and where that cannot be found out.
    pub(crate) async fn at_home(&self, tenant: &TenantId) -> Result<Lease, Problem> {
        let lease = self.lease(tenant).await?;
        let config = &self.app.config;
        if lease.home.accepts(&config.region) {
            Ok(lease)
        } else {
            Err(refused(&lease.home, &config.region, &config.regions))
        }
    }

    /// What a single write for a tenant is sent under.
    ///
    /// # Errors
    /// As [`Self::at_home`].
    pub(super) async fn guard(&self, tenant: &TenantId) -> Result<Guard<'_>, Problem> {
        let mut guard = Guard::new(&self.app.homes);
        guard.add(self.at_home(tenant).await?);
        Ok(guard)
    }

    /// What these writes need: for each tenant whose items they are a lease and a gate. Audit entries belong to the log of the
    /// region that appends them, and so does what workers write that work for their region.
    pub(super) async fn pass(&self, writes: &[Write]) -> Result<Pass<'_>, Problem> {
        let mut pass = Pass {
            guard: Guard::new(&self.app.homes),
            gates: Vec::new(),
        };
        if matches!(self.who, Who::Worker(w) if w.place == Place::EachRegion) {
            return Ok(pass);
        }
        let mut tenants: Vec<TenantId> = Vec::new();
        for write in writes.iter().filter(|w| w.table() != Table::Audit) {
            let tenant = tenant_of(&write.key().pk);
            let tenant = tenant.ok_or_else(|| Problem::internal("a write to no tenant's key"))?;
            if !tenants.contains(&tenant) {
                tenants.push(tenant);
            }
        }
        for tenant in tenants {
            let lease = self.at_home(&tenant).await?;
            pass.gates
                .push(Write::through(GateItem::any(&tenant), lease.home.epoch));
            pass.guard.add(lease);
        }
        Ok(pass)
    }

    /// What a shut gate means: the home is asked again, and either tells where it is now, or of the epoch that has begun here.
    pub(super) async fn turned_away(&self, gate: &Write) -> Problem {
        let Some(tenant) = tenant_of(&gate.key().pk) else {
            return Problem::internal("a gate of no tenant");
        };
        self.app.homes.doubt(&tenant).await;
        match self.at_home(&tenant).await {
            Ok(lease) if !gate.passes(lease.home.epoch) => Problem::raced(),
            Ok(_) => Unknown("a gate is shut for the epoch of the home table".into()).into(),
            Err(problem) => problem,
        }
    }

    /// Makes this region the home of a tenant in the making, before its first transaction, which the home table takes no part in.
    /// Where that fails afterwards, the same call finds the home as it left it.
    pub(super) async fn found(&self, tenant: &TenantId) -> Result<(), Problem> {
        self.may(Uses::Write(Table::Home))?;
        let (app, here) = (&self.app, &self.app.config.region);
        let home = HomeItem::first(tenant, here, self.now, &self.principal.id());
        let own = self.meter.aside();
        let put = app.database.put_home(&own, &home, None).await;
        self.meter.housed(&own);
        match put {
            Ok(()) => Ok(()),
            Err(StoreError::Condition(Some(there))) => {
                let there = decode::<HomeItem>(there).map_err(Problem::internal)?.item;
                if there.accepts(here) {
                    Ok(())
                } else {
                    Err(refused(&there, here, &app.config.regions))
                }
            }
            Err(StoreError::Condition(None)) => Err(Problem::internal("a home that is and is not there")),
            Err(StoreError::Unavailable(why)) => Err(Problem::unavailable(why)),
        }
    }

    /// Whether stamps of this call may be written here. Away from home they are left out, and so they are where nobody knows.
    pub(super) async fn stamps(&self) -> bool {
        let tenant = locked(&self.scope).clone();
        self.at_home(&tenant).await.is_ok()
    }
}
