//! Old keys are watched while they are kept for opening only, and open nothing once they are destroyed.

use super::*;
use audit::alerts::AlertItem;
use serde_json::{Value, json};
use services::worker;
use shared::{audit::EntryItem, road::Page};

const NEWEST: Page = Page {
    limit: 20,
    cursor: None,
    descending: true,
    between: None,
};

impl Stage0 {
    /// Opens a customer's name as a call does: what its entry in the audit log warns of, and the entry.
    async fn reads(&self, id: &CustomerId) -> Option<(Value, EntryItem)> {
        let cx = self.cx();
        let key = cx
            .find_sub::<SubjectKeyItem>(id.as_str(), Purpose::Pii.name())
            .await;
        let cipher = cx.subject(&key.unwrap().unwrap()).await.unwrap();
        let item = cx.get::<CustomerItem>(id.as_str()).await.unwrap();
        let name = cipher.open_text::<CustomerItem>(id.as_str(), "-", "name", &item.name);
        name.ok()?;
        let shown: Option<&CustomerItem> = None;
        cx.commit(Changes::new().object(id.as_str(), shown, Some(&item.item)))
            .await
            .unwrap();
        // The rotating worker itself may not read the log.
        let (entries, _) = self
            .reader()
            .list::<EntryItem>(1, EntryItem::ALL, &NEWEST)
            .await
            .unwrap();
        let about = |e: &&Stored<EntryItem>| e.object.as_deref() == Some(id.as_str());
        let entry = entries.iter().find(about).unwrap().item.clone();
        Some((serde_json::from_str(&entry.body).unwrap(), entry))
    }

    /// Tells alerting of an entry, as the stream of the table does.
    async fn hears(&self, entry: &EntryItem) {
        let pk = Key::of::<EntryItem>(&TenantId::platform(), &entry.id).pk;
        let keys = json!({"pk": {"S": pk}, "sk": {"S": "-"}});
        let record = json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1", "Keys": keys,
            "NewImage": {"body": {"S": entry.body}}}});
        let run = worker("raise_alerts").unwrap().run;
        let told = run(self.work("raise_alerts"), json!({"Records": [record]}))
            .await
            .unwrap();
        assert_eq!(told["batchItemFailures"], json!([]), "{told}");
    }

    async fn alerts(&self) -> Vec<String> {
        let (alerts, _) = self
            .reader()
            .list::<AlertItem>(1, AlertItem::ALL, &NEWEST)
            .await
            .unwrap();
        alerts.into_iter().map(|a| a.item.rule).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retired_key_raises_an_alert_and_a_destroyed_one_opens_nothing() {
    let it = Stage0::set("rotation-watch").await;
    let id = it.customer("Ada").await;
    let cx = it.cx();
    let at = cx.key::<CustomerItem>(id.as_str());
    let copy = cx.as_kept(&at).await.unwrap().unwrap();
    let job = it.begin(Scope::Subjects, Purpose::Pii).await;
    it.until(&job, Stage::Kept).await;
    let (body, entry) = it.reads(&id).await.unwrap();
    assert!(body["alert"].is_null(), "{body}");
    it.hears(&entry).await;
    assert_eq!(it.alerts().await, [""; 0]);

    // Something from before the rotation stands there again, as out of a backup.
    let restore = async || {
        let cx = it.cx();
        let mut copy = copy.clone();
        let now = cx.as_kept(&at).await.unwrap().unwrap();
        copy.insert("rev".into(), now["rev"].clone());
        assert!(cx.put_back(at.table, copy).await.unwrap().0);
    };
    restore().await;
    let (body, entry) = it.reads(&id).await.unwrap();
    assert_eq!(
        (&body["alert"], &body["code"]),
        (&json!("retired_key_used"), &json!("X")),
        "{body}"
    );
    it.hears(&entry).await;
    it.hears(&entry).await;
    assert_eq!(it.alerts().await, ["retired_key_used"], "once");

    // It is found before the key goes, sealed anew, and the week begins again.
    it.clock.by(7 * 24 * 3600);
    it.until(&job, Stage::Done).await;
    let (body, _) = it.reads(&id).await.unwrap();
    assert!(body["alert"].is_null(), "{body}");
    restore().await;
    assert!(it.reads(&id).await.is_none(), "the key is gone");
}
