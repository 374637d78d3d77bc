//! The process: configuration from the environment, clients built once, caches.

use crate::{
    access::{
        auth::{Passwords, Tokens, remembered::Clients},
        limits::Limits,
        rbac::Kept,
    },
    crypto::{KeyUse, Keyring, Kms},
    declaration::uses::Uses,
    kernel::{
        problem::Problem,
        text::SecretText,
        time::{Clock, SystemClock},
    },
    ports::{
        archive::Archive,
        aws::{Called, Service},
        egress::{Egress, EgressPolicy},
        home::{self, Homes},
        mail::Mailer,
        metrics::{Invocation, Sink, Stdout},
    },
    store::{
        Database, Table,
        data_role::{DataRole, Reach},
        meter::Meter,
    },
};
use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::OnceCell;

/// Configuration, from environment variables that the templates set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Environment: `dev`, `prod`. Part of every associated data.
    pub env: String,
    /// Region of this process.
    pub region: String,
    /// Issuer and audience of access tokens: the platform's address.
    pub issuer: String,
    /// Physical table names.
    pub tables: HashMap<Table, String>,
    /// KMS keys.
    pub keys: HashMap<KeyUse, String>,
    /// The role under which data is reached, in sessions that are tagged with the tenant. None on a developer's machine.
    pub data_role: Option<String>,
    /// Secrets by their short name.
    pub secrets: BTreeMap<String, String>,
    /// Queue addresses by their short name.
    pub queues: BTreeMap<String, String>,
    /// Networks that every call must come from; none means any.
    pub networks: Vec<ipnet::IpNet>,
    /// Networks that outbound calls may reach although they are private. Empty in production.
    pub egress_allow: Vec<ipnet::IpNet>,
    /// Base addresses of the regions, by their names.
    pub regions: BTreeMap<String, String>,
    /// The bucket of the archive, where something is archived.
    pub archive: Option<String>,
    /// The address that mail comes from, where mail is sent.
    pub mail_sender: Option<String>,
    /// Further trusted roots for outbound calls, PEM. None in production.
    pub egress_roots: Option<String>,
    /// Whether answers carry `X-Ledgerkeep-Calls`, the exact cost of the call. Off in production.
    pub report_calls: bool,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// Names what is missing or malformed.
    pub fn from_vars(vars: &BTreeMap<String, String>) -> Result<Self, String> {
        let need = |name: &str| {
            vars.get(name)
                .cloned()
                .ok_or_else(|| format!("{name} is not set"))
        };
        let prefixed = |prefix: &str| -> BTreeMap<String, String> {
            vars.iter()
                .filter_map(|(k, v)| Some((k.strip_prefix(prefix)?.to_lowercase(), v.clone())))
                .collect()
        };
        let networks = |name: &str| -> Result<Vec<ipnet::IpNet>, String> {
            let listed = vars.get(name).map(String::as_str).unwrap_or_default();
            let listed = listed.split(',').map(str::trim).filter(|s| !s.is_empty());
            let parsed: Result<_, _> = listed.map(str::parse).collect();
            parsed.map_err(|_| format!("{name} is not a list of networks"))
        };
        Ok(Self {
            env: need("LEDGERKEEP_ENV")?,
            region: need("AWS_REGION")?,
            issuer: need("ISSUER")?,
            tables: Table::ALL
                .into_iter()
                .filter_map(|t| Some((t, vars.get(&t.variable())?.clone())))
                .collect(),
            keys: KeyUse::ALL
                .into_iter()
                .filter_map(|k| Some((k, vars.get(&k.variable())?.clone())))
                .collect(),
            data_role: vars.get("DATA_ROLE").cloned(),
            secrets: prefixed("SECRET_"),
            queues: prefixed("QUEUE_"),
            networks: networks("ALLOWED_NETWORKS")?,
            egress_allow: networks("EGRESS_ALLOW")?,
            regions: regions(vars.get(home::ADDRESSES).map(String::as_str).unwrap_or_default())?,
            archive: vars.get("ARCHIVE_BUCKET").cloned(),
            mail_sender: vars.get("MAIL_SENDER").cloned(),
            egress_roots: vars.get("EGRESS_ROOTS_PEM").cloned(),
            report_calls: vars.get("REPORT_CALLS").is_some_and(|v| v == "1"),
        })
    }
}

/// Reads a list of `region=base url`.
fn regions(text: &str) -> Result<BTreeMap<String, String>, String> {
    let listed = text.split(',').map(str::trim).filter(|s| !s.is_empty());
    listed
        .map(|one| {
            let pair = one.split_once('=').filter(|(_, url)| url.starts_with("https://"));
            let (region, url) =
                pair.ok_or_else(|| format!("{} is not a list of region=https://…", home::ADDRESSES))?;
            Ok((region.to_owned(), url.trim_end_matches('/').to_owned()))
        })
        .collect()
}

/// Where AWS is: its own addresses, or stand-ins.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// DynamoDB.
    pub dynamodb: Option<String>,
    /// DynamoDB, where the home table is.
    pub home: Option<String>,
    /// KMS.
    pub kms: Option<String>,
    /// Secrets Manager.
    pub secrets: Option<String>,
    /// SQS.
    pub queues: Option<String>,
    /// SES.
    pub mail: Option<String>,
    /// STS.
    pub sts: Option<String>,
    /// S3.
    pub archive: Option<String>,
    /// Where the sandbox payment provider keeps its own side, where that is not among the tables of this region: it stands for a
    /// third party, which is one and the same for every region.
    pub provider: Option<String>,
}

impl Endpoints {
    /// What `AWS_ENDPOINT_URL_<SERVICE>` and `AWS_ENDPOINT_URL` name, as in every SDK; AWS itself where they name nothing.
    #[must_use]
    pub fn from_vars(vars: &BTreeMap<String, String>) -> Self {
        let of = |service: &str| {
            let own = vars.get(&format!("AWS_ENDPOINT_URL_{service}"));
            let found = own.or_else(|| vars.get("AWS_ENDPOINT_URL"));
            found.filter(|url| !url.is_empty()).cloned()
        };
        Self {
            dynamodb: of("DYNAMODB"),
            home: vars
                .get(home::ENDPOINT)
                .filter(|url| !url.is_empty())
                .cloned()
                .or_else(|| of("DYNAMODB")),
            kms: of("KMS"),
            secrets: of("SECRETS_MANAGER"),
            queues: of("SQS"),
            mail: of("SESV2"),
            sts: of("STS"),
            archive: of("S3"),
            provider: None,
        }
    }
}

/// How long peppers are kept before they are read anew.
const PEPPERS: Duration = Duration::from_secs(300);
/// The same where a hash is under one that is not among them: an attacker must not cause a call for each guess.
const UNKNOWN: Duration = Duration::from_secs(10);

/// Peppers as read.
struct Peppers {
    passwords: Arc<Passwords>,
    read_at: Duration,
}

/// One process.
pub struct App {
    /// Configuration.
    pub config: Config,
    /// Tables.
    pub database: Database,
    /// What belongs to the sandbox payment provider.
    pub provider: Database,
    /// KMS.
    pub kms: Kms,
    /// Tenant keys.
    pub keyring: Keyring,
    /// Access tokens.
    pub tokens: Tokens,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Counters of the process.
    pub meter: Meter,
    /// What the process has leased of rate limits.
    pub limits: Limits,
    /// What the process knows of home regions.
    pub homes: Homes,
    /// Policies that the process has compiled.
    pub policies: Kept,
    /// Clients that it has seen in envelopes.
    pub envelopes: Clients,
    /// Where invocations are told; nowhere unless it is set.
    pub metrics: OnceLock<Arc<dyn Sink>>,
    sdk: SdkConfig,
    endpoints: Endpoints,
    // Built where they are first used, and by name only there: a function that never asks does not have their code in its archive.
    secrets: OnceLock<aws_sdk_secretsmanager::Client>,
    queues: OnceCell<Service>,
    passwords: tokio::sync::Mutex<Option<Peppers>>,
    egress: OnceCell<Egress>,
    mailer: OnceCell<Mailer>,
    archive: OnceCell<Archive>,
}

impl App {
    /// Builds the clients.
    #[must_use]
    pub fn new(config: Config, sdk: &SdkConfig, endpoints: &Endpoints, clock: Arc<dyn Clock>) -> Arc<Self> {
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(sdk)
            .timeout_config(timeouts(5, 10))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(4)
                    .with_initial_backoff(Duration::from_millis(20)),
            );
        dynamodb.set_endpoint_url(endpoints.dynamodb.clone());
        let provider = endpoints
            .provider
            .clone()
            .map(|url| dynamodb.clone().endpoint_url(url).build());
        // One item, and a caller who waits for it: better no answer than a late one.
        let mut homes = aws_sdk_dynamodb::config::Builder::from(sdk)
            .timeout_config(timeouts(1, 3))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(2)
                    .with_initial_backoff(Duration::from_millis(20)),
            );
        homes.set_endpoint_url(endpoints.home.clone());
        let mut kms = aws_sdk_kms::config::Builder::from(sdk)
            .timeout_config(timeouts(2, 3))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(4)
                    .with_initial_backoff(Duration::from_millis(30)),
            );
        kms.set_endpoint_url(endpoints.kms.clone());
        let (dynamodb, homes, kms) = (dynamodb.build(), homes.build(), kms.build());
        let reach = |dynamodb: aws_sdk_dynamodb::Config| {
            let tables = [dynamodb, homes.clone()];
            let role = config.data_role.clone().map(|arn| {
                let mut sts = aws_sdk_sts::config::Builder::from(sdk).timeout_config(timeouts(2, 5));
                sts.set_endpoint_url(endpoints.sts.clone());
                let sts = aws_sdk_sts::Client::from_conf(sts.build());
                let clock = clock.clone();
                Arc::new(DataRole::new(arn, sts, tables.clone(), kms.clone(), clock))
            });
            let kms = aws_sdk_kms::Client::from_conf(kms.clone());
            Reach::new(tables.map(aws_sdk_dynamodb::Client::from_conf), kms, role)
        };
        let of = |reach: Reach| Database::new(reach, config.tables.clone(), clock.clone());
        let provider = provider.map(|elsewhere| of(reach(elsewhere)));
        let reach = reach(dynamodb);
        let database = of(reach.clone());
        let provider = provider.unwrap_or_else(|| database.clone());
        let kms = Kms::new(reach, config.keys.clone(), config.env.clone(), clock.clone());
        Arc::new(Self {
            keyring: Keyring::new(kms.clone(), database.clone(), clock.clone()),
            tokens: Tokens::new(kms.clone(), config.issuer.clone(), clock.clone()),
            sdk: sdk.clone(),
            endpoints: endpoints.clone(),
            secrets: OnceLock::new(),
            queues: OnceCell::new(),
            passwords: tokio::sync::Mutex::default(),
            egress: OnceCell::new(),
            mailer: OnceCell::new(),
            archive: OnceCell::new(),
            meter: Meter::default(),
            limits: Limits::default(),
            homes: Homes::default(),
            policies: Kept::default(),
            envelopes: Clients::default(),
            metrics: OnceLock::new(),
            config,
            database,
            provider,
            kms,
            clock,
        })
    }

    /// The process of a Lambda function.
    ///
    /// # Errors
    /// Names what is missing in its environment.
    pub fn from_lambda() -> Result<Arc<Self>, String> {
        let vars: BTreeMap<String, String> = std::env::vars().collect();
        let config = Config::from_vars(&vars)?;
        // Lambda gives region and credentials through the environment, so nothing else is looked for: no profile, no metadata
        // service, no token exchange. With logs that need no regular expressions that is 0.9 MB of 5.6 in the archive.
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.region.clone()))
            .http_client(super::trust::client(vars.get("AWS_ROOTS").map(String::as_str))?)
            .credentials_provider(SharedCredentialsProvider::new(
                EnvironmentVariableCredentialsProvider::new(),
            ))
            .build();
        let endpoints = Endpoints::from_vars(&vars);
        let app = Self::new(config, &sdk, &endpoints, Arc::new(SystemClock::default()));
        let _ = app.metrics.set(Arc::new(Stdout));
        Ok(app)
    }

    /// Tells of an invocation.
    pub fn tell(&self, invocation: &Invocation<'_>) {
        if let Some(sink) = self.metrics.get() {
            sink.take(invocation);
        }
    }

    /// Opens connections, side by side: those to the services that every request needs and the configuration names.
    /// What fails here is asked for again, and told, by the request that needs it. `needs` are those of the function.
    pub async fn warm(&self, needs: &[Uses]) {
        let read = needs.iter().find_map(|n| match n {
            Uses::Read(table) => Some(*table),
            _ => None,
        });
        let data = async {
            if let Some(table) = read {
                self.database.warm(table).await;
            }
        };
        let token = async {
            if self.config.keys.contains_key(&KeyUse::Token) {
                let _ = self.tokens.warm(&self.meter).await;
            }
        };
        tokio::join!(data, token);
    }

    fn secrets(&self) -> &aws_sdk_secretsmanager::Client {
        self.secrets.get_or_init(|| {
            let mut conf =
                aws_sdk_secretsmanager::config::Builder::from(&self.sdk).timeout_config(timeouts(2, 5));
            conf.set_endpoint_url(self.endpoints.secrets.clone());
            aws_sdk_secretsmanager::Client::from_conf(conf.build())
        })
    }

    async fn queues(&self) -> Result<&Service, String> {
        let build = || async {
            let called = Called {
                name: "sqs",
                host: "sqs",
                endpoint: self.endpoints.queues.as_deref(),
                timeouts: timeouts(2, 5),
                retries: RetryConfig::standard(),
            };
            Service::new(&self.sdk, called)
        };
        self.queues.get_or_try_init(build).await
    }

    /// A secret's text.
    ///
    /// # Errors
    /// 503 when Secrets Manager refuses or does not answer.
    pub async fn secret(&self, name: &str) -> Result<SecretText, Problem> {
        let id = self
            .config
            .secrets
            .get(name)
            .ok_or_else(|| Problem::internal(format!("no secret {name}")))?;
        let answer = self
            .secrets()
            .get_secret_value()
            .secret_id(id)
            .send()
            .await
            .map_err(|_| Problem::unavailable(format!("secret {name} cannot be read")))?;
        answer
            .secret_string
            .map(SecretText::new)
            .ok_or_else(|| Problem::unavailable(format!("secret {name} holds no text")))
    }

    /// Password hashing with the peppers, which are read anew every five minutes.
    ///
    /// # Errors
    /// 503 when the peppers cannot be read.
    pub async fn passwords(&self) -> Result<Arc<Passwords>, Problem> {
        self.passwords_for(None).await
    }

    /// As [`Self::passwords`], read anew also where a hash is under a pepper that is not known yet: another process has
    /// read them since a new one was added. Where they cannot be read, those known from before do.
    ///
    /// # Errors
    /// 503 when the peppers cannot be read and never were.
    pub async fn passwords_for(&self, pepper: Option<u32>) -> Result<Arc<Passwords>, Problem> {
        let mut kept = self.passwords.lock().await;
        let now = self.clock.monotonic();
        if let Some(peppers) = &*kept {
            let age = now.saturating_sub(peppers.read_at);
            let known = pepper.is_none_or(|version| peppers.passwords.knows(version));
            if age < if known { PEPPERS } else { UNKNOWN } {
                return Ok(peppers.passwords.clone());
            }
        }
        let read = async {
            let secret = self.secret("pepper").await?;
            Passwords::from_secret(&secret).map_err(|e| Problem::unavailable(e.0))
        };
        match (read.await, &*kept) {
            (Ok(passwords), _) => {
                let passwords = Arc::new(passwords);
                *kept = Some(Peppers {
                    passwords: passwords.clone(),
                    read_at: now,
                });
                Ok(passwords)
            }
            (Err(problem), Some(peppers)) => {
                tracing::warn!(internal = problem.internal, "peppers are not read anew");
                Ok(peppers.passwords.clone())
            }
            (Err(problem), None) => Err(problem),
        }
    }

    /// What sends mail; built where it is first used.
    ///
    /// # Errors
    /// 500 when the environment names no sender.
    pub async fn mailer(&self) -> Result<&Mailer, Problem> {
        let build = || async {
            let sender = self.config.mail_sender.clone();
            let sender = sender.ok_or_else(|| Problem::internal("MAIL_SENDER is not set"))?;
            let endpoint = self.endpoints.mail.as_deref();
            Mailer::new(&self.sdk, endpoint, sender, timeouts(5, 10)).map_err(Problem::internal)
        };
        self.mailer.get_or_try_init(build).await
    }

    /// What writes to the archive; built where it is first used.
    ///
    /// # Errors
    /// 500 when the environment names no bucket.
    pub async fn archive(&self) -> Result<&Archive, Problem> {
        let build = || async {
            let bucket = self.config.archive.as_deref();
            let bucket = bucket.ok_or_else(|| Problem::internal("ARCHIVE_BUCKET is not set"))?;
            let endpoint = self.endpoints.archive.as_deref();
            Archive::new(&self.sdk, endpoint, bucket, timeouts(30, 30)).map_err(Problem::internal)
        };
        self.archive.get_or_try_init(build).await
    }

    /// The client for calls to the outside.
    ///
    /// # Errors
    /// 500 when it cannot be built.
    pub async fn egress(&self) -> Result<&Egress, Problem> {
        self.egress
            .get_or_try_init(|| async {
                Egress::new(self.egress_policy()).map_err(|e| Problem::internal(format!("egress: {e}")))
            })
            .await
    }

    /// What outbound calls may reach.
    #[must_use]
    pub fn egress_policy(&self) -> EgressPolicy {
        EgressPolicy {
            allow: self.config.egress_allow.clone(),
            extra_roots_pem: self.config.egress_roots.clone(),
            timeout: Duration::from_secs(10),
        }
    }

    /// Sends a message, due after `delay` seconds (at most 900).
    ///
    /// # Errors
    /// When the queue refuses or does not answer.
    pub async fn send(&self, queue: &str, body: String, delay: i32) -> Result<(), String> {
        let url = self
            .config
            .queues
            .get(queue)
            .ok_or_else(|| format!("no queue {queue}"))?;
        let delay = delay.clamp(0, 900);
        let message = serde_json::json!({"QueueUrl": url, "MessageBody": body, "DelaySeconds": delay});
        let sent = self.queues().await?.json("AmazonSQS.SendMessage", &message).await;
        sent.map(|_| ())
            .map_err(|_| format!("queue {queue} does not take messages"))
    }
}

fn timeouts(attempt: u64, operation: u64) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(attempt))
        .operation_attempt_timeout(Duration::from_secs(attempt))
        .operation_timeout(Duration::from_secs(operation))
        .build()
}
