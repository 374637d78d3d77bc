//! From a request to an answer.

use super::{
    answer::Finished,
    approve,
    authenticate::{self, Authenticated},
    call::{Call, PATIENCE, Who, locked},
    commit::Verdict,
    envelope,
    idempotency::{self, Found},
    request::{RequestInfo, origin_refused},
    scope,
    screen::{self, Screened},
};
use crate::{
    access::{
        auth::{
            Claims, Limit, Principal, dpop, remembered::Remembered, single::Single, username::UsernameToken,
        },
        limits::{RateLimit, Told},
        networks,
        rbac::{Decision, not_covered},
    },
    crypto::{SubjectCipher, SubjectKeyItem},
    declaration::endpoint::{Access, Audit, Declaration},
    kernel::{
        backoff::Backoff,
        ids::TenantId,
        problem::Problem,
        purpose::Purpose,
        time::{Clock, Timestamp},
    },
    ports::metrics::{Invocation, Outcome, Subject},
    process::app::{App, Config},
    road::{
        endpoint::Ahead,
        function::{Function, Opened},
    },
    store::{Attributes, Changes, Key, Value, meter::Meter, scope::Scope},
};
use futures::future::{Either, select};
use lambda_http::{Body, Request, Response};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// When a handler that is still running is ended, so that there is time left to say so in the audit log.
const ENDED: Duration = Duration::from_secs(21);
/// When a call is answered whatever it waits for. The gateway gives up after 29 s.
const ANSWERED: Duration = Duration::from_secs(28);

struct Road<'a> {
    app: &'a Arc<App>,
    function: &'static Function,
    info: RequestInfo,
    path: String,
    meter: Arc<Meter>,
    now: Timestamp,
    /// Monotonic.
    started: Duration,
    /// What the rate limits said.
    told: Mutex<Vec<Told>>,
    /// What a front has read, until it is looked at.
    opened: Mutex<Option<Result<Opened, Problem>>>,
    /// Whether it came through one.
    fronted: bool,
    /// Whether what was remembered of the caller no longer holds.
    outdated: AtomicBool,
}

/// Who calls, as far as a token says.
struct Known {
    claims: Claims,
    /// What is good for this call alone.
    single: Option<Single>,
    /// The token of an envelope.
    username: Option<UsernameToken>,
    /// What that was held against, where it was not read in this call.
    remembered: Option<Arc<Remembered>>,
}

/// What comes of `work` until the clock reads `end`. What is cut off then has happened or not, as after a crash.
async fn before<T>(clock: &dyn Clock, end: Duration, work: impl Future<Output = T> + Unpin) -> Option<T> {
    let left = end.saturating_sub(clock.monotonic());
    match select(work, clock.sleep(left)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

/// Takes one request down the road.
pub async fn service(app: Arc<App>, function: &'static Function, request: Request) -> Response<Body> {
    let now = app.clock.now();
    let started = app.clock.monotonic();
    let mut info = screen::info(&request, now);
    let mut path = lambda_http::RequestExt::raw_http_path(&request).to_owned();
    let (own, mut function) = (function, function);
    let mut fronted = None;
    if let Some(front) = own.front {
        let (reply, opened) = (front.read)(&request);
        info.protocol = Some(front.protocol);
        info.prefers_page = false;
        // Neither comes in two ways.
        (info.approval, info.reason) = (None, None);
        if let Ok(opened) = &opened {
            function = opened.function;
            path = opened.path();
            info.path.clone_from(&path);
            info.idempotency_key.clone_from(&opened.idempotency_key);
            info.approval.clone_from(&opened.approval);
            info.reason.clone_from(&opened.reason);
        }
        fronted = Some((front, reply, opened));
    }
    let (front, opened) = match fronted {
        Some((front, reply, opened)) => (Some((front, reply)), Some(opened)),
        None => (None, None),
    };
    let road = Road {
        path,
        app: &app,
        function,
        info,
        opened: Mutex::new(opened),
        fronted: front.is_some(),
        outdated: AtomicBool::default(),
        meter: Arc::default(),
        now,
        started,
        told: Mutex::default(),
    };
    let end = started.saturating_add(ANSWERED);
    let finished = match before(&*app.clock, end, Box::pin(road.walk(&request))).await {
        Some(finished) => finished,
        None => {
            tracing::error!(request_id = road.info.id, "no answer in time, and no audit entry");
            let problem = Problem::unavailable("no answer in time");
            Finished::problem(&problem, &road.info.id, function.declaration.format)
        }
    };
    let id = road.info.id.clone();
    let mut finished = finished;
    if request.headers().contains_key("authorization") {
        finished.refuses_token();
    }
    let told = std::mem::take(&mut *locked(&road.told));
    if !told.is_empty() {
        finished.headers.extend(Told::headers(&told));
    }
    if let Some((front, reply)) = front {
        finished = (front.write)(reply, finished, &id, app.clock.now());
    }
    let (leases, homes) = (road.meter.leases(), road.meter.homes());
    let mut response = finished.into_response(&id);
    let [dynamodb, kms, sign, mac] = road.meter.counts();
    let (outside, audit) = (road.meter.outside_calls(), road.meter.audit_calls());
    let items = road.meter.items_read();
    let micros = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
    let took = app.clock.monotonic().saturating_sub(started);
    let (waited, micros) = (micros(road.meter.waited()), micros(took));
    let status = response.status().as_u16();
    app.tell(&Invocation {
        env: &app.config.env,
        region: &app.config.region,
        service: own.declaration.service(),
        function: own.declaration.name,
        subject: Subject::Call {
            status,
            request: &id,
            trace: road.info.trace.as_deref().unwrap_or_default(),
        },
        outcome: Outcome::of(status),
        at: now,
        took,
        meter: &road.meter,
    });
    app.meter.absorb(&road.meter);
    if app.config.report_calls
        && let [read, write] = road.meter.unit_tenths().map(|t| format!("{}.{}", t / 10, t % 10))
        && let Ok(value) = format!(
            "dynamodb={dynamodb};kms={kms};sign={sign};mac={mac};outside={outside};leases={leases};home={homes};read={read};write={write};\
             audit={audit};items={items};micros={micros};waited={waited};hashed={}",
            road.meter.hashed_micros()
        )
        .parse()
    {
        response.headers_mut().insert("x-ledgerkeep-calls", value);
    }
    response
}

impl Road<'_> {
    async fn walk(&self, request: &Request) -> Finished {
        let (screened, mut known) = match self.admitted(request).await {
            Ok(admitted) => admitted,
            Err(refused) => return self.refuse_nobody(refused).await,
        };
        self.narrow(scope::of);
        let clock = &*self.app.clock;
        let end = self.started.saturating_add(PATIENCE);
        let mut backoff = Backoff::new(clock);
        loop {
            let round = u64::from(backoff.losses());
            let (call, result) = self.once(&screened, known.as_ref(), round).await;
            if self.outdated.swap(false, Ordering::Relaxed)
                && let Some(token) = known.take().and_then(|known| known.username)
            {
                match self.by_name(&token, true).await {
                    Ok(afresh) => known = Some(afresh),
                    Err(refused) => return self.refuse_nobody(refused).await,
                }
                self.narrow(scope::of);
                continue;
            }
            match result {
                Ok(finished) => return finished,
                Err(problem) if problem.raced && clock.monotonic() < end => backoff.pause().await,
                Err(mut problem) => {
                    if problem.raced {
                        problem = Problem::unavailable("lost too many races");
                    }
                    return self.refuse(&call, problem).await;
                }
            }
        }
    }

    /// Nobody is refused, in the log of whom they named.
    async fn refuse_nobody(&self, (tenant, problem): envelope::Refused) -> Finished {
        let mut nobody = Authenticated::nobody();
        if let Some(tenant) = tenant {
            nobody.principal = Principal::nobody(tenant);
        }
        let nobody = self.call(nobody, Decision::default());
        self.refuse(&nobody, problem).await
    }

    /// What is asked for, and what the token says: of whom there is none yet, the refusal is nobody's, in the log of whom it names.
    async fn admitted(&self, request: &Request) -> Result<(Screened, Option<Known>), envelope::Refused> {
        let nobodys = |problem| (None, problem);
        let declaration = &self.function.declaration;
        if !networks::contain(&self.app.config.networks, self.info.address) {
            return Err(nobodys(networks::not_allowed()));
        }
        // Where browsers are asked where they come from, another page is refused before anything else that it sends is looked at.
        if declaration.from_browser && self.info.from_elsewhere(&self.app.config.issuer) {
            return Err(nobodys(origin_refused()));
        }
        let opened = locked(&self.opened).take();
        let screened = match opened {
            Some(opened) => opened.map(Screened::opened),
            None => screen::screen(declaration, self.function.input, request),
        };
        let screened = screened.map_err(nobodys)?;
        let known = match &screened.username {
            Some(token) => Some(self.by_name(token, false).await?),
            None => self.claims(&screened).await.map_err(nobodys)?,
        };
        Ok((screened, known))
    }

    /// A call through a front reaches what the function needs that it is for, and nothing else of what the front's own role may.
    fn narrow(&self, scope: impl Fn(&Declaration, &Config) -> Option<Scope>) {
        if self.fronted
            && let Some(scope) = scope(&self.function.declaration, &self.app.config)
        {
            self.meter.narrow(scope);
        }
    }

    /// Who sent an envelope.
    async fn by_name(&self, token: &UsernameToken, afresh: bool) -> Result<Known, envelope::Refused> {
        self.narrow(|_, config| scope::of_sender(config));
        let caller = envelope::Caller {
            app: self.app,
            meter: &self.meter,
            now: self.now,
            declaration: &self.function.declaration,
            has_key: self.info.idempotency_key.is_some(),
        };
        let shown = caller.shown(token, afresh).await?;
        Ok(Known {
            claims: shown.claims,
            single: shown.single,
            username: Some(token.clone()),
            remembered: shown.remembered,
        })
    }

    /// What the token says, and the proof that a bound one came with.
    async fn claims(&self, screened: &Screened) -> Result<Option<Known>, Problem> {
        let declaration = &self.function.declaration;
        if matches!(declaration.access, Access::Public) {
            return Ok(None);
        }
        let token = screened.bound.as_deref().or(screened.bearer.as_deref());
        let claims = authenticate::claims(self.app, &self.meter, token, self.now).await?;
        let proof = match (&claims.cnf, screened.bound.is_some()) {
            (None, false) => None,
            (Some(bound), true) => {
                let address = &self.app.config.issuer;
                let proof = self.info.proof(Some(declaration), address, token, self.now);
                let proof = proof.ok().flatten().filter(|proof| proof.jkt == bound.jkt);
                Some(Single::from(&proof.ok_or_else(|| dpop::refused(401))?))
            }
            // A bound token is nobody's to bear, and one that is not is bound to no key (RFC 9449, section 7.2).
            _ => return Err(Problem::unauthenticated()),
        };
        Ok(Some(Known {
            claims,
            single: proof,
            username: None,
            remembered: None,
        }))
    }

    fn call(&self, who: Authenticated, decision: Decision) -> Call {
        Call {
            app: self.app.clone(),
            who: Who::Function(&self.function.declaration),
            request: self.info.clone(),
            scope: Mutex::new(who.principal.tenant.clone()),
            principal: who.principal,
            decision,
            now: self.now,
            meter: self.meter.clone(),
            prefetched: Mutex::new(who.prefetched),
            slot: None,
            touch: Mutex::new(who.touch),
            proof: Mutex::default(),
            masked_input: Mutex::default(),
            round: AtomicU64::new(0),
            deadline: self.started.saturating_add(PATIENCE),
            used_retired: std::sync::Arc::default(),
            unreadable: Mutex::default(),
            early: false,
            lists: Mutex::default(),
            operation: Mutex::default(),
            uncovered: AtomicBool::default(),
        }
    }

    async fn once(
        &self,
        screened: &Screened,
        known: Option<&Known>,
        round: u64,
    ) -> (Arc<Call>, Result<Finished, Problem>) {
        let claims = known.map(|known| &known.claims);
        let proof = known.and_then(|known| known.single.as_ref());
        let username = known.and_then(|known| known.username.as_ref());
        let declaration = &self.function.declaration;
        let wanted = claims.and_then(|c| {
            let key = self.info.idempotency_key.as_deref();
            idempotency::wanted(declaration, &c.tid, &c.sub, &self.path, key)
        });
        let mut early = None;
        let authenticated = match claims {
            None => Ok(Authenticated::nobody()),
            Some(claims) => {
                let address = self.info.address;
                // Of what is wrong nothing is read ahead.
                let fine = locked(&screened.wrong).is_none();
                let mut also = self.ahead(claims, wanted.as_ref());
                also.extend(
                    fine.then(|| self.pointed_at(claims, &screened.input))
                        .into_iter()
                        .flatten(),
                );
                if let Some(begin) = self.function.early.filter(|_| fine) {
                    let nobody = self.call(Authenticated::nobody(), Decision::default());
                    let call = nobody.early(Principal::nobody(claims.tid.clone()));
                    also.extend(begin(&call.context(), screened.input.clone()).await);
                    early = Some(call);
                }
                authenticate::authenticate(self.app, &self.meter, claims, address, also, self.now).await
            }
        };
        let remembered = known.and_then(|known| known.remembered.as_ref());
        let outdated = remembered.is_some_and(|remembered| match &authenticated {
            Ok(found) => !remembered.still_holds(&found.prefetched),
            Err(_) => true,
        });
        self.outdated.store(outdated, Ordering::Relaxed);
        let authenticated = match authenticated {
            // What came of something outdated is asked again, before anything is decided.
            Ok(_) if outdated => Err(Problem::unauthenticated()),
            other => other,
        };
        let authenticated = match authenticated {
            Ok(authenticated) => authenticated,
            Err(problem) => {
                let mut nobody = Authenticated::nobody();
                if let Some(claims) = claims {
                    // The token is genuine, so the refusal belongs into its tenant's log.
                    nobody.principal = Principal::nobody(claims.tid.clone());
                }
                return (Arc::new(self.call(nobody, Decision::default())), Err(problem));
            }
        };
        let limited = match round {
            0 if claims.is_some() => self.limit(&authenticated).await,
            _ => Ok(()),
        };
        if let Err(problem) = limited {
            let call = self.call(authenticated, Decision::default());
            *locked(&call.proof) = proof.cloned();
            return (Arc::new(call), Err(problem));
        }
        let (decision, allowed) = self.authorise(&authenticated);
        let declaration = &self.function.declaration;
        let mut call = self.call(authenticated, decision);
        *locked(&call.proof) = proof.cloned();
        call.round = AtomicU64::new(round);
        if let Some(early) = early {
            call.continues(&early);
        }
        // A proof is spent where it comes with a token, so that only the home takes it. Which tenant's items the platform writes
        // is said by the handler.
        let writes = declaration.writes() && !declaration.founds_tenants;
        if claims.is_some() && (writes || proof.is_some() || username.is_some()) {
            let tenant = call.principal.tenant.clone();
            let lease = match call.at_home(&tenant).await {
                Ok(lease) => lease,
                Err(problem) => return (Arc::new(call), Err(problem)),
            };
            // What an earlier home has spent of nonces may be lost.
            let since = (lease.home.epoch > 1).then_some(lease.home.changed_at);
            if let Some(Err(expired)) = username.map(|token| token.is_current(self.now, since)) {
                return (Arc::new(call), Err(expired));
            }
        }
        if let Err(problem) = allowed {
            return (Arc::new(call), Err(problem));
        }
        // Sources, rights and origins are judged before bodies.
        if let Some(problem) = locked(&screened.wrong).take() {
            return (Arc::new(call), Err(problem));
        }
        if let Some(wanted) = wanted {
            match self.idempotency(&call, wanted, screened).await {
                Ok(Found::Fresh(slot)) => call.slot = Some(slot),
                Ok(Found::Replay(finished, object, looked_at)) => {
                    if let Err(problem) = still_covered(&call, looked_at) {
                        return (Arc::new(call), Err(problem));
                    }
                    let verdict = Verdict {
                        outcome: "replayed",
                        status: finished.status,
                        code: None,
                        answer: None,
                    };
                    let changes = Changes {
                        object,
                        ..Changes::default()
                    };
                    let committed = call.commit(changes, Vec::new(), &verdict).await;
                    return (Arc::new(call), committed.map(|()| finished));
                }
                Err(problem) => return (Arc::new(call), Err(problem)),
            }
        }
        let call = Arc::new(call);
        let run = (self.function.run)(call.clone(), screened.input.clone());
        let end = self.started.saturating_add(ENDED);
        let result = before(&*self.app.clock, end, run).await;
        (
            call,
            result.unwrap_or_else(|| Err(Problem::unavailable("out of time"))),
        )
    }

    /// What else is read with the caller, whatever is asked for: the idempotency record, and the approval.
    fn ahead(&self, claims: &Claims, wanted: Option<&idempotency::Wanted>) -> Vec<Key> {
        let tenant = &claims.tid;
        let mut keys = Vec::new();
        if let Some(wanted) = wanted {
            keys.push(wanted.key.clone());
            keys.push(SubjectKeyItem::key(tenant, tenant.as_str(), Purpose::Secret));
        }
        if self.function.declaration.four_eyes {
            keys.extend(approve::ahead(tenant, self.info.approval.as_deref()));
        }
        keys
    }

    /// What the path and the token point to.
    fn pointed_at(&self, claims: &Claims, input: &serde_json::Value) -> Vec<Key> {
        let plain = |id: &&str| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let id = match input.get("id") {
            Some(id) => id.as_str().filter(plain),
            None => Some(""),
        };
        let at = |id| Ahead {
            tenant: &claims.tid,
            caller: claims.sub.as_str(),
            id,
            region: &self.app.config.region,
        };
        id.map(|id| (self.function.ahead)(&at(id))).unwrap_or_default()
    }

    /// Takes a token of the caller's bucket and one of the tenant's.
    async fn limit(&self, who: &Authenticated) -> Result<(), Problem> {
        let (tenant, caller) = (&who.principal.tenant, who.principal.id());
        let [whole, each] = who.limits;
        // The store is asked once in many calls, so it is counted apart from what this call costs.
        let own = self.meter.aside();
        let reach = (&self.app.database, &own, &*self.app.clock);
        let mut result = Ok(());
        // Named after the region, which alone writes them: reads are counted wherever they are served.
        let region = &self.app.config.region;
        let own_bucket = |of: &str| format!("{region}#{of}");
        for (subject, name, limit) in [
            (own_bucket(&caller), "client", each),
            (own_bucket("tenant"), "tenant", whole),
        ] {
            let taken = self.app.limits.take(reach, (tenant, &subject, name), limit).await;
            let (told, refused) = match taken {
                Ok(told) => (Some(told), None),
                Err((problem, told)) => (told, Some(problem)),
            };
            locked(&self.told).extend(told);
            if let Some(problem) = refused {
                result = Err(problem);
                break;
            }
        }
        self.meter.leased(&own);
        result
    }

    fn authorise(&self, who: &Authenticated) -> (Decision, Result<(), Problem>) {
        let declaration = &self.function.declaration;
        let principal = &who.principal;
        let (decision, held) = match declaration.access {
            Access::Right(right) => {
                let decision = Decision::of(right, &principal.roles);
                let held = match (decision.may_begin(), principal.may_use(right)) {
                    (true, true) => Ok(()),
                    (true, false) => Err(Problem::new(403, "people_only", "Only a person may do this.")),
                    (false, _) => Err(Problem::forbidden(right.name)),
                };
                (decision, held)
            }
            Access::Public | Access::Session => (Decision::default(), Ok(())),
        };
        let allowed = within(declaration.within, who.limit).and(held).and_then(|()| {
            if declaration.step_up && !authenticate::is_fresh(principal, self.now) {
                return Err(Problem::stale_sign_in());
            }
            if declaration.audit == Audit::Sensitive && who.wants_reason && self.info.reason.is_none() {
                let text = "This tenant wants to know why sensitive data is read: send X-Access-Reason.";
                return Err(Problem::bad_request("access_reason_required", text));
            }
            Ok(())
        });
        (decision, allowed)
    }

    async fn idempotency(
        &self,
        call: &Call,
        wanted: idempotency::Wanted,
        screened: &Screened,
    ) -> Result<Found, Problem> {
        let tenant = &call.principal.tenant;
        let subject = SubjectKeyItem::key(tenant, tenant.as_str(), Purpose::Secret);
        let subject = locked(&call.prefetched).get(&subject).cloned();
        let subject = subject.ok_or_else(|| Problem::internal("the tenant has no secret key"))?;
        let subject = crate::store::decode::<SubjectKeyItem>(subject).map_err(Problem::internal)?;
        let keys = self.app.keyring.for_subject(&self.meter, tenant, &subject).await;
        let keys = keys.map_err(|e| Problem::unavailable(e.0))?;
        let cipher = SubjectCipher::open_item(self.app.kms.env(), tenant, &subject, &keys)?;
        let theirs = idempotency::subject(&wanted, &locked(&call.prefetched), tenant);
        let theirs = match theirs {
            Some(key) => call.cipher_at(&key).await?,
            None => None,
        };
        idempotency::check(
            wanted,
            &locked(&call.prefetched),
            cipher,
            &keys,
            theirs.as_ref(),
            &screened.fingerprint,
            self.now,
        )
    }

    /// Answers a refusal, with its audit entry and whatever it changes. Without the entry the answer is 503.
    async fn refuse(&self, call: &Call, mut problem: Problem) -> Finished {
        let format = self.function.declaration.format;
        if problem.code == "not_found"
            && call.uncovered.load(Ordering::Relaxed)
            && let Some(right) = self.function.declaration.access.right()
        {
            // Whoever may read the object is told that it is there, and what the right is missing.
            problem = not_covered(right, &call.decision);
        }
        if let Some(internal) = &problem.internal {
            tracing::error!(
                request_id = self.info.id,
                code = problem.code,
                internal,
                "refused"
            );
        }
        let changes: Changes = problem.take_changes();
        let outcome = if problem.status >= 500 {
            "failed"
        } else {
            "refused"
        };
        let masked_errors =
            (!problem.errors.is_empty()).then(|| serde_json::json!({"errors": problem.errors}));
        let verdict = Verdict {
            outcome,
            status: problem.status,
            code: Some(problem.code),
            answer: masked_errors,
        };
        // A refused call does not stamp its session. It uses its proof up, unless that is what it is refused for.
        locked(&call.touch).take();
        let single = locked(&call.proof).clone();
        if single
            .as_ref()
            .is_some_and(|single| single.is_refused_by(&problem))
        {
            locked(&call.proof).take();
        }
        let committed = match call.commit(changes, Vec::new(), &verdict).await {
            Err(used) if single.as_ref().is_some_and(|single| single.is_refused_by(&used)) => {
                locked(&call.proof).take();
                problem = used;
                note(call, &problem).await
            }
            // What the refusal changes belongs to the home: nothing is changed, and the log says so.
            Err(elsewhere) if elsewhere.status == 421 => {
                problem = elsewhere;
                note(call, &problem).await
            }
            committed => committed,
        };
        match committed {
            Ok(()) => Finished::problem(&problem, &self.info.id, format),
            Err(failed) if failed.status >= 500 || failed.raced => {
                tracing::error!(
                    request_id = self.info.id,
                    internal = failed.internal,
                    "no audit entry"
                );
                Finished::problem(&Problem::unavailable("no audit entry"), &self.info.id, format)
            }
            Err(other) => Finished::problem(&other, &self.info.id, format),
        }
    }
}

/// Writes a refusal down that changes nothing.
async fn note(call: &Call, problem: &Problem) -> Result<(), Problem> {
    let verdict = Verdict {
        outcome: "refused",
        status: problem.status,
        code: Some(problem.code),
        answer: None,
    };
    call.commit(Changes::default(), Vec::new(), &verdict).await
}

/// Refuses an answer that was given before, where the caller's right does not cover its object any more.
fn still_covered(call: &Call, looked_at: Option<BTreeMap<String, Value>>) -> Result<(), Problem> {
    let right = call.declaration().and_then(|d| d.access.right());
    let (Some(right), Some(mut looked_at)) = (right, looked_at) else {
        return Ok(());
    };
    let names = right.attributes.iter();
    let object: Attributes = names
        .filter_map(|name| Some((*name, looked_at.remove(*name)?)))
        .collect();
    if call.decision.permits(&object, &call.principal.attributes()) {
        return Ok(());
    }
    Err(not_covered(right, &call.decision))
}

/// Refuses whoever must do something else first.
fn within(open_to: Option<Limit>, limit: Option<Limit>) -> Result<(), Problem> {
    let (code, text) = match limit {
        None => return Ok(()),
        Some(limit) if open_to == Some(limit) => return Ok(()),
        Some(Limit::PasswordChange) => (
            "password_change_required",
            "This session may do nothing but change the password: PUT /identity/v1/me/password.",
        ),
        Some(Limit::Enrolment) => (
            "second_factor_required",
            "This session may do nothing but enrol a second factor: POST /identity/v1/me/totp or /identity/v1/me/passkeys/options.",
        ),
    };
    Err(Problem::new(403, code, text))
}

impl Authenticated {
    fn nobody() -> Self {
        Self {
            principal: Principal::nobody(TenantId::platform()),
            prefetched: HashMap::new(),
            touch: None,
            wants_reason: false,
            limits: [RateLimit::TENANT, RateLimit::CALLER],
            limit: None,
        }
    }
}
