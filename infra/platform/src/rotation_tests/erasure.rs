//! An erasure destroys keys and looks at no item: it takes as long for ten thousand of them as for one.

use super::*;
use privacy::requests::{RequestId, archive::PartItem};
use shared::time::Clock;
use std::time::Duration;

const MANY: u32 = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subject_with_ten_thousand_items_is_erased_like_one_with_one() {
    let it = Stage0::set("erasure-many").await;
    let mut costs = Vec::new();
    for count in [1, MANY] {
        let id = it.customer("Ada").await;
        let (cx, key) = (it.cx(), it.key(&id).await.unwrap());
        let cipher = cx.subject(&key).await.unwrap();
        let request = RequestId::new(cx.now());
        let part = |number: u32| {
            let sort = PartItem::place(number);
            let body = cipher.seal::<PartItem>(request.as_str(), &sort, "body", b"about Ada");
            PartItem {
                request: request.clone(),
                customer: id.clone(),
                number,
                body: body.unwrap(),
            }
        };
        let numbers: Vec<u32> = (0..count).collect();
        for some in numbers.chunks(90) {
            let creates = some.iter().map(|n| cx.create(&part(*n)).unwrap());
            cx.apply(creates.fold(Changes::new(), Changes::write))
                .await
                .unwrap();
        }
        let work = it.work("rotate_keys");
        let (cx, began) = (work.context(&TenantId::platform()), it.clock.real.monotonic());
        let erasure = cx.erase(id.as_str(), &[Purpose::Pii]).await.unwrap();
        cx.apply(erasure.writes.into_iter().fold(Changes::new(), Changes::write))
            .await
            .unwrap();
        costs.push((work.meter.counts()[0], it.clock.real.monotonic() - began));

        // The items stand where they stood, and there is no key for any of them: not kept, and none can be made.
        assert!(it.key(&id).await.is_none());
        let at = SubjectKeyItem::key(&TenantId::platform(), id.as_str(), Purpose::Pii);
        let raw = it.cx().as_kept(&at).await.unwrap().unwrap();
        assert!(raw["versions"].as_m().unwrap().is_empty(), "{raw:?}");
        let last = PartItem::place(count - 1);
        let left = it
            .cx()
            .find_sub::<PartItem>(request.as_str(), &last)
            .await
            .unwrap()
            .unwrap();
        let (_, keep) = it.cx().new_subject(id.as_str(), Purpose::Pii).await.unwrap();
        assert!(
            it.cx().apply(Changes::new().write(keep)).await.is_err(),
            "the tombstone keeps its place"
        );
        // Another subject's key, and another version of a key for the same, open nothing of it.
        let (other, _) = it.cx().new_subject(id.as_str(), Purpose::Pii).await.unwrap();
        assert!(
            other
                .open::<PartItem>(request.as_str(), &last, "body", &left.body)
                .is_err()
        );
    }
    let [(few, fast), (many, slow)] = costs[..] else {
        panic!()
    };
    assert_eq!(few, many, "calls");
    // Three calls of a table, whatever the machine is doing beside.
    assert!(
        slow < fast * 10 + Duration::from_millis(250),
        "{slow:?} against {fast:?}"
    );
}
