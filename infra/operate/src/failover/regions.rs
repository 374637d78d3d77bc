//! The regions as an operator reaches them: with the credentials of the environment, at AWS or at stand-ins.

use super::Common;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use names::REGION;
use shared::{
    app::{App, Config, Endpoints},
    home,
    store::Table,
    time::SystemClock,
};
use std::{collections::BTreeMap, sync::Arc};

/// Where each is.
pub(super) struct Regions {
    environment: String,
    endpoints: BTreeMap<String, String>,
}

impl Regions {
    /// What the options say.
    ///
    /// # Errors
    /// Names what is no `REGION=URL`.
    pub(super) fn new(common: &Common) -> Result<Self, String> {
        let one = |text: &String| {
            let pair = text.split_once('=').filter(|(region, _)| !region.is_empty());
            let (region, url) = pair.ok_or_else(|| format!("{text} is not REGION=URL"))?;
            url::Url::parse(url).map_err(|e| format!("{text}: {e}"))?;
            Ok((region.to_owned(), url.to_owned()))
        };
        Ok(Self {
            environment: common.environment.clone(),
            endpoints: common.endpoints.iter().map(one).collect::<Result<_, String>>()?,
        })
    }

    fn endpoint(&self, region: &str, vars: &BTreeMap<String, String>) -> Option<String> {
        let named = self.endpoints.get(region).cloned();
        named.or_else(|| Endpoints::from_vars(vars).dynamodb)
    }

    /// A region's tables. The home table is read where the variable says, or in the region `home`, which works.
    ///
    /// # Errors
    /// When the environment is malformed.
    pub(super) async fn app(&self, region: &str, home: &str) -> Result<Arc<App>, String> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let vars: BTreeMap<String, String> = std::env::vars().collect();
        let mut own = BTreeMap::from([
            ("LEDGERKEEP_ENV".to_owned(), self.environment.clone()),
            ("AWS_REGION".to_owned(), region.to_owned()),
            ("ISSUER".to_owned(), String::new()),
        ]);
        for table in Table::ALL {
            let name = format!("ledgerkeep-{}-{}", self.environment, table.name());
            own.insert(table.variable(), name);
        }
        let dynamodb = self.endpoint(region, &vars);
        let named = vars.get(home::ENDPOINT).filter(|url| !url.is_empty()).cloned();
        let endpoints = Endpoints {
            home: named.or_else(|| self.endpoint(home, &vars)),
            dynamodb: dynamodb.clone(),
            ..Endpoints::default()
        };
        let region = if region.is_empty() { REGION } else { region };
        let mut loader =
            aws_config::defaults(BehaviorVersion::latest()).region(Region::new(region.to_owned()));
        // A stand-in takes any credentials; AWS itself never does.
        let given = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
        let local = dynamodb.is_some_and(|url| !url.contains(".amazonaws.com"));
        if local && !given.iter().any(|name| vars.contains_key(*name)) {
            loader = loader.credentials_provider(Credentials::new("test", "test", None, None, "stand-in"));
        }
        let sdk = loader.load().await;
        let config = Config::from_vars(&own)?;
        Ok(App::new(
            config,
            &sdk,
            &endpoints,
            Arc::new(SystemClock::default()),
        ))
    }
}
