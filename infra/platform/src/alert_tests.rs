//! Alerts on a clock that tests move: mail about them while the mail service is down, workers are killed and records come again
//! and again; and the mark of a retired key.

use super::testing::{Stage0, inserted, killed};
use audit::{alert_rules::shipped, alerting::raise, alerts::AlertItem};
use identity::mail::{MailItem, MailStatus};
use keys::rotations::{Scope, Stage};
use serde_json::{Map, Value, json};
use shared::{
    audit::EntryItem,
    auth::{User, UserStatus},
    crypto::{Purpose, TenantKeyItem},
    home::{HomeItem, HomeState},
    ids::{EntryId, TenantId, UserId},
    road::Context,
    store::{Changes, Table},
};

fn text<'v>(item: &'v Map<String, Value>, name: &str) -> &'v str {
    item.get(name).and_then(|v| v["S"].as_str()).unwrap_or_default()
}

impl Stage0 {
    /// A user with an address.
    async fn user(&self, email: &str, roles: &[&str], status: UserStatus) -> UserId {
        let cx = self.work("rotate_keys").context(&TenantId::platform());
        let id = UserId::new(cx.now());
        let (cipher, keep) = cx.new_subject(id.as_str(), Purpose::Pii).await.unwrap();
        let seal = |field: &str, text: &str| {
            cipher
                .seal::<User>(id.as_str(), "-", field, text.as_bytes())
                .unwrap()
        };
        let user = User {
            id: id.clone(),
            email: seal("email", email),
            name: seal("name", "Ada"),
            status,
            roles: roles.iter().map(|r| (*r).to_owned()).collect(),
            signed_out_before: None,
            ended_before: None,
            locked_until: None,
            sign_in_locked_until: None,
            networks: Vec::new(),
            created_at: cx.now(),
        };
        cx.apply(Changes::new().write(cx.create(&user).unwrap()).write(keep))
            .await
            .unwrap();
        id
    }

    fn listener(&self) -> Context {
        self.work("raise_alerts").context(&TenantId::platform())
    }

    /// Raises an alert as a rule that names these users does.
    async fn alert(&self, mail_to: &[UserId]) -> AlertItem {
        let cx = self.listener();
        let entry = EntryId::new(cx.now()).to_string();
        let mut alert = raise::critical(
            &cx,
            shipped::TAMPERED,
            "Something.".into(),
            vec![entry.clone()],
            cx.now(),
            &[&entry],
        );
        if !mail_to.is_empty() {
            (alert.severity, alert.rule) = (audit::alerts::Severity::High, "role_changed".into());
        }
        alert.mail_to = mail_to.to_vec();
        assert!(raise::once(&cx, alert.clone()).await.unwrap());
        alert
    }

    /// The record of the stream that tells of an alert.
    async fn told(&self, alert: &AlertItem) -> Value {
        let items = self.kept(Table::Alerts).await;
        let events = items.iter().filter(|i| text(i, "pk").contains("#outbox#"));
        let event = events
            .clone()
            .find(|i| text(i, "data").contains(alert.id.as_str()));
        inserted(event.unwrap(), 1)
    }

    async fn mails(&self) -> Vec<MailItem> {
        let due = self
            .reader()
            .within_list::<MailItem>(2, identity::mail::DUE, (" ".into(), "~".into()), 100)
            .await;
        due.unwrap().into_iter().map(|m| m.item).collect()
    }

    /// Everything that the mail service has taken for an address.
    fn taken(&self, to: &str) -> Vec<String> {
        let text =
            std::fs::read(self.dir.join("aws").join(standins::ses::FILE)).unwrap_or_else(|_| b"[]".to_vec());
        let all: Vec<standins::ses::Mail> = serde_json::from_slice(&text).unwrap();
        all.into_iter().filter(|m| m.to == [to]).map(|m| m.text).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_records_of_an_alert_make_one_mail_for_each_reader() {
    let it = Stage0::set("alerts-fifty").await;
    let ada = it
        .user("ada@people.example", &["auditor"], UserStatus::Active)
        .await;
    let bob = it
        .user("bob@people.example", &["auditor"], UserStatus::Active)
        .await;
    let gone = it
        .user("gone@people.example", &["auditor"], UserStatus::Disabled)
        .await;
    let alert = it.alert(&[ada, bob.clone(), gone]).await;
    let record = it.told(&alert).await;
    let batch = json!({"Records": vec![record.clone(); 10]});
    let hands = (0..5).map(|_| it.hand("mail_alerts", batch.clone()));
    for answer in futures::future::join_all(hands).await {
        assert_eq!(answer.unwrap(), json!({"batchItemFailures": []}));
    }
    assert_eq!(it.mails().await.len(), 2, "one for each who is there");
    it.run("retry_mail").await.unwrap();
    // They come again when the mail has been sent: it stays one.
    it.hand("mail_alerts", batch).await.unwrap();
    it.clock.by(3600);
    it.run("retry_mail").await.unwrap();
    for (to, count) in [
        ("ada@people.example", 1),
        ("bob@people.example", 1),
        ("gone@people.example", 0),
    ] {
        let taken = it.taken(to);
        assert_eq!(taken.len(), count, "{to}");
        assert!(
            taken
                .iter()
                .all(|t| t.contains(alert.id.as_str()) && t.contains("role_changed")),
            "{taken:?}"
        );
    }
    // Another alert is another mail, whichever region raised it, and the tenant's home alone makes it.
    let other = it.alert(std::slice::from_ref(&bob)).await;
    let mut record = it.told(&other).await;
    record["dynamodb"]["NewImage"]["region"] = json!({"S": "eu-central-1"});
    let record = json!({"Records": [record]});
    let app = &it.stand_ins.app;
    let tenant = TenantId::platform();
    let here = HomeItem::first(&tenant, &app.config.region, app.clock.now(), "test");
    let there = here.next("eu-central-1", HomeState::Active, None, app.clock.now(), "test");
    let back = there.next(&here.region, HomeState::Active, None, app.clock.now(), "test");
    app.database.put_home(&app.meter, &there, Some(1)).await.unwrap();
    it.clock.by(6);
    it.hand("mail_alerts", record.clone()).await.unwrap();
    assert!(it.mails().await.is_empty());
    app.database.put_home(&app.meter, &back, Some(2)).await.unwrap();
    it.clock.by(6);
    it.hand("mail_alerts", record).await.unwrap();
    assert_eq!(it.mails().await.len(), 1);
    // The copy of a record that take-over sends again is no other one.
    it.hand("mail_alerts", json!({"Records": [it.told(&other).await]}))
        .await
        .unwrap();
    assert_eq!(it.mails().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_about_an_alert_waits_for_a_mail_service_that_is_down() {
    let it = Stage0::set("alerts-down").await;
    // The client of SES tries three times in each attempt: it is down for four attempts.
    let address = "throttled-12.ada@people.example";
    let ada = it.user(address, &["auditor"], UserStatus::Active).await;
    let alert = it.alert(&[ada]).await;
    it.hand("mail_alerts", json!({"Records": [it.told(&alert).await]}))
        .await
        .unwrap();
    for minutes in [0, 2, 3, 5] {
        it.clock.by(60 * minutes);
        it.run("retry_mail").await.unwrap();
        assert!(it.taken(address).is_empty());
    }
    assert_eq!(it.mails().await[0].tries, 4, "none of them was in vain: it waits");
    it.clock.by(3600);
    it.run("retry_mail").await.unwrap();
    it.clock.by(3600);
    it.run("retry_mail").await.unwrap();
    assert_eq!(it.taken(address).len(), 1);
    assert!(it.mails().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_are_killed_anywhere_make_one_mail_and_lose_none() {
    let it = Stage0::set("alerts-killed").await;
    let ada = it
        .user("ada@people.example", &["auditor"], UserStatus::Active)
        .await;
    let bob = it
        .user("bob@people.example", &["auditor"], UserStatus::Active)
        .await;
    let mut alerts = Vec::new();
    for _ in 0..4 {
        alerts.push(it.alert(&[ada.clone(), bob.clone()]).await);
    }
    let mut records = Vec::new();
    for alert in &alerts {
        records.push(it.told(alert).await);
    }
    // The stream brings the batch again until a worker has come through with it.
    let (mut polls, mut through) = (1, None);
    while through.is_none() {
        let batch = json!({"Records": records});
        let (one, two) = (
            it.hand("mail_alerts", batch.clone()),
            it.hand("mail_alerts", batch),
        );
        (through, _) = tokio::join!(killed(one, polls), killed(two, polls / 2));
        polls += 3;
        assert!(polls < 2000, "it never comes through");
    }
    assert_eq!(through.unwrap().unwrap(), json!({"batchItemFailures": []}));
    assert!(polls > 10, "it was killed before");
    assert_eq!(it.mails().await.len(), 8, "one for each alert and reader");
    it.run("retry_mail").await.unwrap();
    for to in ["ada@people.example", "bob@people.example"] {
        let mut taken = it.taken(to);
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), 4, "{to}");
        for alert in &alerts {
            assert!(
                taken.iter().any(|t| t.contains(alert.id.as_str())),
                "{}",
                alert.id
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_touches_the_log_is_mailed_to_administrators_where_nobody_is_named() {
    let it = Stage0::set("alerts-critical").await;
    it.user("admin@people.example", &["administrator"], UserStatus::Active)
        .await;
    it.user("former@people.example", &["administrator"], UserStatus::Disabled)
        .await;
    it.user("auditor@people.example", &["auditor"], UserStatus::Active)
        .await;
    let alert = it.alert(&[]).await;
    it.hand("mail_alerts", json!({"Records": [it.told(&alert).await]}))
        .await
        .unwrap();
    let mails = it.mails().await;
    assert_eq!((mails.len(), mails[0].status), (1, MailStatus::Pending));
    it.run("retry_mail").await.unwrap();
    assert_eq!(it.taken("admin@people.example").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn use_of_a_retired_key_is_marked_in_the_entry_and_raises_an_alert() {
    let it = Stage0::set("alerts-retired").await;
    let cx = it.work("rotate_keys").context(&TenantId::platform());
    let ada = it
        .user("ada@people.example", &["auditor"], UserStatus::Active)
        .await;
    let key =
        |id: &UserId| shared::crypto::SubjectKeyItem::key(&TenantId::platform(), id.as_str(), Purpose::Pii);
    let kept = async || {
        let raw = cx.as_kept(&key(&ada)).await.unwrap().unwrap();
        cx.live_key(&raw).unwrap().unwrap()
    };
    let before = kept().await;
    let job = it.begin(Scope::Tenant, Purpose::Pii).await;
    it.until(&job, Stage::Kept).await;
    let tenant = cx.get::<TenantKeyItem>("pii").await.unwrap();
    assert!(tenant.retired > 1, "the old key is retired");
    it.stand_ins
        .app
        .keyring
        .refresh(&TenantId::platform(), Purpose::Pii);
    // A copy from before the rotation, as somebody who has kept one would put back.
    for (item, alerts) in [(kept().await, 0), (before, 1)] {
        let cx = it.work("rotate_keys").context(&TenantId::platform());
        let cipher = cx.subject(&item).await.unwrap();
        let user = cx.get::<User>(ada.as_str()).await.unwrap();
        cipher
            .open_text::<User>(ada.as_str(), "-", "email", &user.email)
            .unwrap();
        let label = format!("use_{alerts}");
        cx.commit(Changes::new().concerning(&label)).await.unwrap();
        let reader = it.reader();
        let all = reader
            .within_list::<EntryItem>(1, EntryItem::ALL, (" ".into(), "~".into()), 1000)
            .await
            .unwrap();
        let entry = all.iter().find(|e| e.object.as_deref() == Some(&label)).unwrap();
        let body: Value = serde_json::from_str(&entry.body).unwrap();
        let marked = alerts > 0;
        assert_eq!(
            (body["alert"] == "retired_key_used", body["code"] == "X"),
            (marked, marked),
            "{body}"
        );
        let record = json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1",
            "Keys": {"pk": {"S": format!("T#{}#audit-entry#{}", TenantId::platform(), entry.id)}, "sk": {"S": "-"}},
            "NewImage": {"body": {"S": entry.body}}}});
        it.hand("raise_alerts", json!({"Records": [record]}))
            .await
            .unwrap();
        let raised = reader
            .within_list::<AlertItem>(1, AlertItem::ALL, (" ".into(), "~".into()), 100)
            .await
            .unwrap();
        let raised = raised.iter().filter(|a| a.rule == "retired_key_used").count();
        assert_eq!(raised, alerts);
    }
}
