//! Two regions on this machine, and how they are made to fail.

use super::{Http, Platform, http::client, platform, tables::Tables, time::until};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Output},
    sync::Mutex,
};

/// The region where the first tenants are founded.
pub const HOME: &str = "eu-west-1";
/// The other one.
pub const AWAY: &str = "eu-central-1";

/// Where a region is that does not run.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A platform of two regions.
pub struct Regions {
    /// The whole; it is called at the first region.
    pub platform: Platform,
    client: reqwest::Client,
    cut: Mutex<BTreeSet<String>>,
}

impl Regions {
    /// Starts them, with these further arguments.
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        let dir = platform::scratch(name);
        let mut command = platform::serve_as_one(&dir, &platform::root(), 0);
        command.args(["--regions", "2"]).args(arguments);
        let platform = Platform::run(&dir, command);
        let client = reqwest::Client::builder().no_proxy().build();
        Self {
            platform,
            client: client.expect("a client"),
            cut: Mutex::default(),
        }
    }

    fn told(&self) -> Value {
        let text = fs::read(self.platform.dir.join("platform.json")).expect("platform.json");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// What `platform.json` says of a region.
    pub fn of(&self, region: &str) -> Value {
        let told = self.told();
        let regions = told["regions"].as_array().expect("the regions");
        let found = regions.iter().find(|r| r["region"] == region);
        found.expect("the region").clone()
    }

    fn is_cut(&self, region: &str) -> bool {
        self.cut
            .lock()
            .expect("the regions that are cut off")
            .contains(region)
    }

    /// How a region is called.
    pub fn at(&self, region: &str) -> Http {
        let ca = fs::read_to_string(self.platform.dir.join("ca.pem")).expect("the certificate");
        let address = self.of(region)["address"]
            .as_str()
            .expect("an address")
            .to_owned();
        Http::new(client(&ca), address)
    }

    /// The tables of a region.
    pub fn tables(&self, region: &str) -> Tables {
        Tables::at(self.of(region)["dynamodb"].as_str().expect("an address"))
    }

    /// Kills, starts, isolates or rejoins a region.
    pub async fn act(&self, action: &str, region: &str) {
        let control = self.told()["control"].as_str().expect("an address").to_owned();
        let answer = self
            .client
            .post(format!("{control}/{action}/{region}"))
            .send()
            .await
            .expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        assert!(status.is_success(), "{action} {region}: {status} {text}");
        let mut cut = self.cut.lock().expect("the regions that are cut off");
        match action {
            "isolate" => drop(cut.insert(region.to_owned())),
            "rejoin" => drop(cut.remove(region)),
            _ => {}
        }
    }

    /// What is told of the link that begins in a region.
    pub async fn link(&self, from: &str) -> Value {
        let control = self.told()["control"].as_str().expect("an address").to_owned();
        let answer = self.client.get(control).send().await.expect("an answer");
        let told: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
        let links = told["links"].as_array().expect("the links").clone();
        links.into_iter().find(|l| l["from"] == from).expect("the link")
    }

    /// The payment provider's own tables.
    pub fn provider(&self) -> Tables {
        Tables::at(self.told()["home"].as_str().expect("an address"))
    }

    /// The operator has one region take over from another one.
    pub async fn fails_over(&self, from: &str, to: &str) -> Output {
        self.operates(&["failover", "--all", "--from", from, "--to", to])
            .await
    }

    /// The operator moves a tenant.
    pub async fn moves(&self, tenant: &str, to: &str) -> Output {
        self.operates(&["tenant", "move", tenant, "--to", to]).await
    }

    async fn operates(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(platform::binary());
        command.args(arguments).args(["--by", "tester"]);
        for region in [HOME, AWAY] {
            let told = self.of(region);
            let url = told["dynamodb"]
                .as_str()
                .filter(|_| !self.is_cut(region))
                .unwrap_or(NOWHERE);
            command.args(["--endpoint", &format!("{region}={url}")]);
        }
        let home = self.told()["home"].as_str().expect("an address").to_owned();
        command.env("LEDGERKEEP_HOME_ENDPOINT_URL", home);
        let done = tokio::task::spawn_blocking(move || command.output());
        done.await.expect("a thread").expect("the command runs")
    }

    /// Everything that stands in the tables of a region.
    async fn everything(&self, region: &str) -> BTreeSet<String> {
        let tables = self.tables(region);
        let names = tables.call("ListTables", &json!({})).await;
        let mut all = BTreeSet::new();
        for name in names["TableNames"].as_array().expect("names") {
            let mut from = Value::Null;
            loop {
                let mut scan = json!({"TableName": name});
                if !from.is_null() {
                    scan["ExclusiveStartKey"] = from;
                }
                let page = tables.call("Scan", &scan).await;
                let items = page["Items"].as_array().cloned().unwrap_or_default();
                all.extend(items.iter().map(|item| format!("{name} {item}")));
                from = page["LastEvaluatedKey"].clone();
                if from.is_null() {
                    break;
                }
            }
        }
        all
    }

    /// Waits until the same stands in both regions.
    pub async fn converge(&self) {
        until("both regions hold the same", 30, async || {
            let (one, two) = (self.everything(HOME).await, self.everything(AWAY).await);
            (one == two).then_some(())
        })
        .await;
    }
}
