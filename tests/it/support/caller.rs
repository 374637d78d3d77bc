//! Callers that keep themselves signed in.

use super::{Answer, Http, Request, random, time::Since};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// How a caller signs in.
#[derive(Clone)]
pub enum Login {
    /// An API client.
    Client { id: String, secret: String },
    /// A person.
    User {
        tenant: String,
        email: String,
        password: String,
    },
}

/// Somebody who calls, with a token that is renewed before it runs out.
#[derive(Clone)]
pub struct Caller {
    /// Where.
    pub http: Http,
    /// How.
    pub login: Arc<Login>,
    token: Arc<Mutex<Option<(String, Since)>>>,
}

impl Caller {
    /// Somebody who has not signed in yet.
    pub fn new(http: &Http, login: Login) -> Self {
        Self {
            http: http.clone(),
            login: Arc::new(login),
            token: Arc::default(),
        }
    }

    /// The same one at another address, after a restart.
    pub fn at(&self, http: &Http) -> Self {
        Self {
            http: http.clone(),
            login: self.login.clone(),
            token: Arc::default(),
        }
    }

    /// A good access token.
    pub async fn token(&self) -> String {
        let mut kept = self.token.lock().await;
        if let Some((token, since)) = &*kept
            && since.elapsed() < Duration::from_secs(200)
        {
            return token.clone();
        }
        let answer = self.sign_in().await.ok();
        let token = answer["access_token"]
            .as_str()
            .expect("an access token")
            .to_owned();
        *kept = Some((token.clone(), Since::now()));
        token
    }

    /// Signs in, whatever comes of it.
    pub async fn sign_in(&self) -> Answer {
        match &*self.login {
            Login::Client { id, secret } => {
                let request = self
                    .http
                    .request("POST", "/identity/v1/oauth/token")
                    .basic(id, secret);
                request
                    .body(
                        "application/x-www-form-urlencoded",
                        "grant_type=client_credentials",
                    )
                    .send()
                    .await
            }
            Login::User {
                tenant,
                email,
                password,
            } => {
                let body = json!({"tenant": tenant, "email": email, "password": password});
                self.http.post("/identity/v1/sessions", &body).send().await
            }
        }
    }

    /// Any request, with the token.
    pub async fn request(&self, method: &str, path: &str) -> Request {
        self.http.request(method, path).bearer(&self.token().await)
    }
    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).await.send().await
    }
    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).await.send().await
    }
    /// PUT or PATCH.
    pub async fn change(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.request(method, path).await.json(body).send().await
    }
    /// POST under a fresh `Idempotency-Key`.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_as(path, &random(22), body).await
    }
    /// POST under this `Idempotency-Key`.
    pub async fn post_as(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.request("POST", path).await.key(key).json(body).send().await
    }
    /// Everything in a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{joint}limit=100{cursor}")).await.ok();
            found.extend(page["data"].as_array().expect("a list has data").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }
}
