//! The process: configuration from the environment, clients built once, caches.

use crate::{
    auth::{Passwords, Tokens},
    crypto::{KeyUse, Keyring, Kms},
    egress::{Egress, EgressPolicy},
    mail::Mailer,
    meter::Meter,
    problem::Problem,
    store::{Database, Table},
    text::SecretText,
    time::{Clock, SystemClock},
};
use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
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
    /// Secrets by their short name.
    pub secrets: BTreeMap<String, String>,
    /// Queue addresses by their short name.
    pub queues: BTreeMap<String, String>,
    /// Networks that outbound calls may reach although they are private. Empty in production.
    pub egress_allow: Vec<ipnet::IpNet>,
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
        let allow = vars.get("EGRESS_ALLOW").map(String::as_str).unwrap_or_default();
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
            secrets: prefixed("SECRET_"),
            queues: prefixed("QUEUE_"),
            egress_allow: allow
                .split(',')
                .filter(|s| !s.is_empty())
                .map(|s| {
                    s.trim()
                        .parse()
                        .map_err(|_| "EGRESS_ALLOW is not a list of networks".to_owned())
                })
                .collect::<Result<_, _>>()?,
            mail_sender: vars.get("MAIL_SENDER").cloned(),
            egress_roots: vars.get("EGRESS_ROOTS_PEM").cloned(),
            report_calls: vars.get("REPORT_CALLS").is_some_and(|v| v == "1"),
        })
    }
}

/// Where AWS is: its own addresses, or stand-ins.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// DynamoDB.
    pub dynamodb: Option<String>,
    /// KMS and Secrets Manager.
    pub others: Option<String>,
    /// SQS.
    pub queues: Option<String>,
    /// SES.
    pub mail: Option<String>,
}

/// One process.
pub struct App {
    /// Configuration.
    pub config: Config,
    /// Tables.
    pub database: Database,
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
    secrets: aws_sdk_secretsmanager::Client,
    queues: aws_sdk_sqs::Client,
    passwords: OnceCell<Arc<Passwords>>,
    egress: OnceCell<Egress>,
    mailer: OnceCell<Mailer>,
    mail: aws_sdk_sesv2::config::Builder,
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
        let mut kms = aws_sdk_kms::config::Builder::from(sdk)
            .timeout_config(timeouts(2, 3))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(4)
                    .with_initial_backoff(Duration::from_millis(30)),
            );
        kms.set_endpoint_url(endpoints.others.clone());
        let mut secrets = aws_sdk_secretsmanager::config::Builder::from(sdk).timeout_config(timeouts(2, 5));
        secrets.set_endpoint_url(endpoints.others.clone());
        let mut queues = aws_sdk_sqs::config::Builder::from(sdk).timeout_config(timeouts(2, 5));
        queues.set_endpoint_url(endpoints.queues.clone());
        let mut mail = aws_sdk_sesv2::config::Builder::from(sdk).timeout_config(timeouts(5, 10));
        mail.set_endpoint_url(endpoints.mail.clone());

        let database = Database::new(
            aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            config.tables.clone(),
            clock.clone(),
        );
        let kms = Kms::new(
            aws_sdk_kms::Client::from_conf(kms.build()),
            config.keys.clone(),
            config.env.clone(),
        );
        Arc::new(Self {
            keyring: Keyring::new(kms.clone(), database.clone(), clock.clone()),
            tokens: Tokens::new(kms.clone(), config.issuer.clone(), clock.clone()),
            secrets: aws_sdk_secretsmanager::Client::from_conf(secrets.build()),
            queues: aws_sdk_sqs::Client::from_conf(queues.build()),
            passwords: OnceCell::new(),
            egress: OnceCell::new(),
            mailer: OnceCell::new(),
            mail,
            meter: Meter::default(),
            config,
            database,
            kms,
            clock,
        })
    }

    /// The process of a Lambda function.
    ///
    /// # Errors
    /// Names what is missing in its environment.
    pub async fn from_lambda() -> Result<Arc<Self>, String> {
        let config = Config::from_vars(&std::env::vars().collect())?;
        let sdk = aws_config::defaults(BehaviorVersion::latest()).load().await;
        Ok(Self::new(
            config,
            &sdk,
            &Endpoints::default(),
            Arc::new(SystemClock::default()),
        ))
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
            .secrets
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

    /// Password hashing with the peppers.
    ///
    /// # Errors
    /// 503 when the peppers cannot be read.
    pub async fn passwords(&self) -> Result<Arc<Passwords>, Problem> {
        let load = || async {
            let secret = self.secret("pepper").await?;
            Passwords::from_secret(&secret)
                .map(Arc::new)
                .map_err(|e| Problem::unavailable(e.0))
        };
        self.passwords.get_or_try_init(load).await.cloned()
    }

    /// What sends mail; built where it is first used.
    ///
    /// # Errors
    /// 500 when the environment names no sender.
    pub async fn mailer(&self) -> Result<&Mailer, Problem> {
        let build = || async {
            let sender = self.config.mail_sender.clone();
            let sender = sender.ok_or_else(|| Problem::internal("MAIL_SENDER is not set"))?;
            Ok(Mailer::new(self.mail.clone().build(), sender))
        };
        self.mailer.get_or_try_init(build).await
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
        self.queues
            .send_message()
            .queue_url(url)
            .message_body(body)
            .delay_seconds(delay.clamp(0, 900))
            .send()
            .await
            .map(|_| ())
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
