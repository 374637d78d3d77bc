//! From a gateway event to an answer, and from a trigger's event to its result.

use super::{
    answer::Finished,
    approve,
    authenticate::{self, Authenticated},
    call::{Call, PATIENCE, RequestInfo, Who, locked},
    commit::Verdict,
    idempotency::{self, Found},
    screen::{self, Screened},
};
use crate::{
    app::App,
    auth::{Claims, Principal},
    backoff::Backoff,
    crypto::{Purpose, SubjectCipher, SubjectKeyItem},
    endpoint::{Access, Ahead, Function},
    ids::TenantId,
    meter::Meter,
    problem::Problem,
    rbac::Decision,
    store::{Changes, Key},
    time::{Clock, Timestamp},
    worker::{Work, Worker},
};
use futures::future::{Either, select};
use lambda_http::{Body, Request, Response};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

/// When a handler that is still running is ended, so that there is time left to say so in the audit log.
const ENDED: Duration = Duration::from_secs(21);
/// When a call is answered whatever it waits for. The gateway gives up after 29 s.
const ANSWERED: Duration = Duration::from_secs(28);

/// Serves one endpoint as a Lambda function.
///
/// # Errors
/// When the environment is incomplete or the runtime ends.
pub async fn serve(function: &'static Function) -> Result<(), lambda_http::Error> {
    crate::logging::start();
    let app = App::from_lambda()?;
    app.warm().await;
    lambda_http::run(lambda_http::service_fn(move |request: Request| {
        let app = app.clone();
        async move { Ok::<_, lambda_http::Error>(service(app, function, request).await) }
    }))
    .await
}

/// Serves one worker as a Lambda function.
///
/// # Errors
/// When the environment is incomplete or the runtime ends.
pub async fn serve_worker(worker: &'static Worker) -> Result<(), lambda_http::Error> {
    crate::logging::start();
    let app = App::from_lambda()?;
    app.warm().await;
    lambda_runtime::run(lambda_runtime::service_fn(
        move |event: lambda_runtime::LambdaEvent<serde_json::Value>| {
            let app = app.clone();
            async move {
                let work = Work::new(app, worker);
                (worker.run)(work, event.payload)
                    .await
                    .map_err(lambda_http::Error::from)
            }
        },
    ))
    .await
}

struct Road<'a> {
    app: &'a Arc<App>,
    function: &'static Function,
    info: RequestInfo,
    path: String,
    meter: Arc<Meter>,
    now: Timestamp,
    /// Monotonic.
    started: Duration,
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
    let info = screen::info(&request, now);
    let road = Road {
        path: lambda_http::RequestExt::raw_http_path(&request).to_owned(),
        app: &app,
        function,
        info,
        meter: Arc::default(),
        now,
        started,
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
    let mut response = finished.into_response(&id);
    let [dynamodb, kms, sign, mac] = road.meter.counts();
    let outside = road.meter.outside_calls();
    let micros = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
    let waited = micros(road.meter.waited());
    let micros = micros(app.clock.monotonic().saturating_sub(started));
    tracing::info!(
        function = function.declaration.name,
        request_id = id,
        status = response.status().as_u16(),
        micros,
        waited,
        dynamodb,
        kms,
        outside,
        "served"
    );
    app.meter.absorb(&road.meter);
    if app.config.report_calls
        && let [read, write] = road.meter.unit_tenths().map(|t| format!("{}.{}", t / 10, t % 10))
        && let Ok(value) = format!(
            "dynamodb={dynamodb};kms={kms};sign={sign};mac={mac};outside={outside};read={read};write={write};\
             micros={micros};waited={waited}"
        )
        .parse()
    {
        response.headers_mut().insert("x-ledgerkeep-calls", value);
    }
    response
}

impl Road<'_> {
    async fn walk(&self, request: &Request) -> Finished {
        let screened = match screen::screen(&self.function.declaration, request) {
            Ok(screened) => screened,
            Err(problem) => {
                let call = Arc::new(self.call(Authenticated::nobody(), Decision::default()));
                return self.refuse(&call, problem).await;
            }
        };
        let claims = match self.claims(&screened).await {
            Ok(claims) => claims,
            Err(problem) => {
                let call = Arc::new(self.call(Authenticated::nobody(), Decision::default()));
                return self.refuse(&call, problem).await;
            }
        };
        let clock = &*self.app.clock;
        let end = self.started.saturating_add(PATIENCE);
        let mut backoff = Backoff::new(clock);
        loop {
            let round = u64::from(backoff.losses());
            let (call, result) = self.once(&screened, claims.as_ref(), round).await;
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

    async fn claims(&self, screened: &Screened) -> Result<Option<Claims>, Problem> {
        if matches!(self.function.declaration.access, Access::Public) {
            return Ok(None);
        }
        authenticate::claims(self.app, &self.meter, screened.bearer.as_deref(), self.now)
            .await
            .map(Some)
    }

    fn call(&self, who: Authenticated, decision: Decision) -> Call {
        Call {
            app: self.app.clone(),
            who: Who::Function(self.function),
            request: self.info.clone(),
            scope: Mutex::new(who.principal.tenant.clone()),
            principal: who.principal,
            decision,
            now: self.now,
            meter: self.meter.clone(),
            prefetched: Mutex::new(who.prefetched),
            slot: None,
            touch: Mutex::new(who.touch),
            masked_input: Mutex::default(),
            round: AtomicU64::new(0),
            deadline: self.started.saturating_add(PATIENCE),
            used_retired: std::sync::Arc::default(),
        }
    }

    async fn once(
        &self,
        screened: &Screened,
        claims: Option<&Claims>,
        round: u64,
    ) -> (Arc<Call>, Result<Finished, Problem>) {
        let declaration = &self.function.declaration;
        let wanted = claims.and_then(|c| {
            let key = self.info.idempotency_key.as_deref();
            idempotency::wanted(declaration, &c.tid, &c.sub, &self.path, key)
        });
        let authenticated = match claims {
            None => Ok(Authenticated::nobody()),
            Some(claims) => {
                let address = self.info.address;
                let also = self.ahead(&claims.tid, screened, wanted.as_ref());
                authenticate::authenticate(self.app, &self.meter, claims, address, also, self.now).await
            }
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
        let (decision, allowed) = self.authorise(&authenticated.principal);
        let mut call = self.call(authenticated, decision);
        call.round = AtomicU64::new(round);
        if let Err(problem) = allowed {
            return (Arc::new(call), Err(problem));
        }
        if let Some(wanted) = wanted {
            match self.idempotency(&call, wanted, screened).await {
                Ok(Found::Fresh(slot)) => call.slot = Some(slot),
                Ok(Found::Replay(finished, object)) => {
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

    /// What else is read with the caller: the idempotency record, and what the path points to.
    fn ahead(
        &self,
        tenant: &TenantId,
        screened: &Screened,
        wanted: Option<&idempotency::Wanted>,
    ) -> Vec<Key> {
        let mut keys = Vec::new();
        if let Some(wanted) = wanted {
            keys.push(wanted.key.clone());
            keys.push(SubjectKeyItem::key(tenant, tenant.as_str(), Purpose::Secret));
        }
        if self.function.declaration.four_eyes {
            keys.extend(approve::ahead(tenant, self.info.approval.as_deref()));
        }
        let plain = |id: &&str| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let id = screened
            .input
            .get("id")
            .and_then(serde_json::Value::as_str)
            .filter(plain);
        if let Some(id) = id {
            let region = &self.app.config.region;
            keys.extend((self.function.ahead)(&Ahead { tenant, id, region }));
        }
        keys
    }

    fn authorise(&self, principal: &Principal) -> (Decision, Result<(), Problem>) {
        let declaration = &self.function.declaration;
        let Access::Right(right) = declaration.access else {
            return (Decision::default(), Ok(()));
        };
        let decision = Decision::of(right, &principal.roles);
        let allowed = if !decision.may_begin() {
            Err(Problem::forbidden(right.name))
        } else if declaration.step_up && !authenticate::is_fresh(principal, self.now) {
            let text = "This needs a sign-in younger than 10 minutes.";
            Err(Problem::new(401, "insufficient_user_authentication", text))
        } else {
            Ok(())
        };
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
        idempotency::check(
            wanted,
            &locked(&call.prefetched),
            cipher,
            &keys,
            &screened.fingerprint,
            self.now,
        )
    }

    /// Answers a refusal, with its audit entry and whatever it changes. Without the entry the answer is 503.
    async fn refuse(&self, call: &Call, mut problem: Problem) -> Finished {
        let format = self.function.declaration.format;
        if let Some(internal) = &problem.internal {
            tracing::error!(
                request_id = self.info.id,
                code = problem.code,
                internal,
                "refused"
            );
        }
        let changes = problem.changes.take().map(|c| *c).unwrap_or_default();
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
        // A refused call does not stamp its session.
        locked(&call.touch).take();
        match call.commit(changes, Vec::new(), &verdict).await {
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

impl Authenticated {
    fn nobody() -> Self {
        Self {
            principal: Principal::nobody(TenantId::platform()),
            prefetched: HashMap::new(),
            touch: None,
        }
    }
}
