//! The processes of the functions: one for all, or, with `--roles`, one for each, as on AWS.

use super::roles::Judge;
use aws_config::SdkConfig;
use console::say;
use names::DATA_ROLE;
use shared::{
    app::{App, Config, Endpoints},
    metrics::Sink,
    time::Clock,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};
use topology::Topology;

/// Variables that the local platform sets for every function beside what its template names.
const OWN: [&str; 4] = ["AWS_REGION", "EGRESS_ALLOW", "EGRESS_ROOTS_PEM", "REPORT_CALLS"];

/// What a function's own process is made of.
pub struct Each {
    /// What it may do.
    pub judge: Arc<Judge>,
    /// How the SDK reaches AWS.
    pub sdk: SdkConfig,
    /// Where AWS is.
    pub endpoints: Endpoints,
    /// Every variable that a template may name.
    pub variables: BTreeMap<String, String>,
    /// Which variables each function has.
    pub topology: Arc<Topology>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where figures of their calls go.
    pub metrics: Arc<dyn Sink>,
}

/// The processes.
pub struct Apps {
    one: Arc<App>,
    each: Option<Each>,
    made: Mutex<HashMap<String, Arc<App>>>,
}

impl Apps {
    /// One for all functions.
    #[must_use]
    pub fn one(app: Arc<App>) -> Arc<Self> {
        Arc::new(Self {
            one: app,
            each: None,
            made: Mutex::default(),
        })
    }

    /// One for each function. `app` is nobody's; it keeps the time.
    #[must_use]
    pub fn each(app: Arc<App>, each: Each) -> Arc<Self> {
        say("every function works under its own roles");
        Arc::new(Self {
            one: app,
            each: Some(each),
            made: Mutex::default(),
        })
    }

    /// The time.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.one.clock
    }

    /// The physical names of tables, and the configuration of everything.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.one.config
    }

    /// The process of a function.
    ///
    /// # Errors
    /// When the templates do not have it, or name a variable that has no value.
    pub fn of(&self, function: &str) -> Result<Arc<App>, String> {
        let Some(each) = &self.each else {
            return Ok(self.one.clone());
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(app) = made.get(function) {
            return Ok(app.clone());
        }
        let app = each.make(function)?;
        made.insert(function.to_owned(), app.clone());
        Ok(app)
    }
}

impl Each {
    fn make(&self, function: &str) -> Result<Arc<App>, String> {
        let planned = self.topology.functions.get(function);
        let planned = planned.ok_or_else(|| format!("the templates have no function {function}"))?;
        let mut variables = BTreeMap::new();
        let named = planned.variables.iter().map(String::as_str);
        for name in named.filter(|n| *n != DATA_ROLE).chain(OWN) {
            let value = self.variables.get(name);
            let value = value.ok_or_else(|| format!("the local platform has no value for {name}"))?;
            variables.insert(name.to_owned(), value.clone());
        }
        variables.insert(DATA_ROLE.to_owned(), self.judge.data_role(function)?);
        let sdk = self
            .sdk
            .to_builder()
            .http_client(self.judge.client(function))
            .build();
        let app = App::new(
            Config::from_vars(&variables)?,
            &sdk,
            &self.endpoints,
            self.clock.clone(),
        );
        let _ = app.metrics.set(self.metrics.clone());
        Ok(app)
    }
}
