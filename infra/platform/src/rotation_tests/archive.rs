//! A rotation passes over copies of a person's data as over everything else.

use super::*;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use privacy::requests::{
    RequestId, RequestItem, RequestStatus, RequestType,
    archive::{FORMAT, PartItem, new_key},
};
use serde_json::Value;
use shared::crypto::formats::{field_key_version, lp_list};
use shared::time::after;

/// Opens a part with the key that whoever asked was told.
fn open(key: &[u8], id: &RequestId, number: u32, parts: u32, part: &[u8]) -> Vec<u8> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
    let (nonce, body) = part.split_at(12);
    let place = [&number.to_be_bytes()[..], &parts.to_be_bytes()[..]];
    let place = lp_list(&[FORMAT.as_bytes(), id.as_str().as_bytes(), place[0], place[1]]).unwrap();
    let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
    let mut body = body.to_vec();
    key.open_in_place(nonce, Aad::from(place), &mut body)
        .unwrap()
        .to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_ends_after_an_archive_was_made_and_the_archive_still_opens() {
    let it = Stage0::set("rotation-archive").await;
    let customer = it.customer("Ada").await;
    let (cx, key) = (it.cx(), it.key(&customer).await.unwrap());
    let cipher = cx.subject(&key).await.unwrap();
    let id = RequestId::new(cx.now());
    let (sealed, _) = new_key(&cipher, &id).unwrap();
    let archive_key = cipher
        .open::<RequestItem>(id.as_str(), "-", "archive_key", &sealed)
        .unwrap();
    let request = RequestItem {
        id: id.clone(),
        r#type: RequestType::Access,
        customer: customer.clone(),
        status: RequestStatus::InProgress,
        reference: None,
        about: None,
        received_at: cx.now(),
        due_at: after(cx.now(), 30 * 24 * 3600),
        extended: false,
        customer_revision: 1,
        decided_by: None,
        decided_at: None,
        reason: None,
        archive_key: Some(sealed),
        leased_until: 0,
        archive: None,
        certificate: None,
    };
    cx.apply(Changes::new().write(cx.create(&request).unwrap()))
        .await
        .unwrap();
    let done = it.run("fulfil_privacy_requests").await.unwrap();
    assert_eq!(done["fulfilled"], 1);
    let parts = it
        .cx()
        .get::<RequestItem>(id.as_str())
        .await
        .unwrap()
        .item
        .archive
        .unwrap()
        .parts;
    let read = async |number: u32| {
        let (cx, sort) = (it.cx(), PartItem::place(number));
        let cipher = cx.subject(&it.key(&customer).await.unwrap()).await.unwrap();
        let part = cx
            .find_sub::<PartItem>(id.as_str(), &sort)
            .await
            .unwrap()
            .unwrap();
        let body = cipher
            .open::<PartItem>(id.as_str(), &sort, "body", &part.body)
            .unwrap();
        let version = field_key_version(&part.body.0).unwrap();
        (version, open(&archive_key, &id, number, parts, &body))
    };
    let (version, before) = read(0).await;
    assert_eq!(version, 1);

    let job = it.begin(Scope::Subjects, Purpose::Pii).await;
    it.until(&job, Stage::Done).await;
    let job = it.job(&job).await;
    assert_eq!((job.left, job.unknown, job.passes), (0, 0, 1), "{job:?}");
    assert_eq!(
        it.key(&customer).await.unwrap().versions.len(),
        1,
        "the old key is gone"
    );
    let (version, after) = read(0).await;
    assert_eq!((version, &after), (2, &before));
    let document: Value = serde_json::from_slice(&after).unwrap();
    assert_eq!(document["items"]["customer"][0]["name"], "Ada");
}
