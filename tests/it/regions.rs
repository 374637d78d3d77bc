//! Two regions: what is written at home arrives in the other one, late and out of order, and nothing of it is lost in the end; the
//! home is killed or cut off in the middle of the main job, and the other region takes over.

use crate::{
    cases::text,
    support::{
        Answer, Tenant, random,
        regions::{AWAY, HOME, Regions},
        run,
        time::until,
    },
};
use serde_json::json;

const PAYMENTS: &str = "/payments/v1/payments";
const CUSTOMERS: &str = "/billing/v1/customers";

/// That a region has sent a caller to another one.
#[track_caller]
fn sent_to(answer: &Answer, address: &str) {
    let problem = answer.refused(421, "not_home");
    assert_eq!(problem["home_address"], address, "{problem}");
}

#[test]
fn what_is_written_at_home_arrives_late_out_of_order_and_whole() {
    let lossy = [
        "--replication-lag",
        "150",
        "--replication-loss",
        "0.1",
        "--replication-seed",
        "7",
    ];
    let regions = Regions::start("replicated", &lossy);
    run(async {
        let (home, away) = (regions.at(HOME), regions.at(AWAY));
        let tenant = Tenant::on(&regions.platform).await;
        let all = tenant.all.clone();
        // A token of home is good in the other region as soon as its client is known there.
        let token = all.token().await;
        let seen = async |path: &str| away.get(path).bearer(&token).send().await;
        until("the client is known", 10, async || {
            (seen(CUSTOMERS).await.status == 200).then_some(())
        })
        .await;
        let buyer = tenant.buyer().await;
        let paid = all.post(PAYMENTS, &buyer.pays(1_200, true)).await.is(201);
        let path = format!("{PAYMENTS}/{}", text(&paid, "id"));
        assert_eq!(seen(&path).await.status, 404, "it is on its way");
        let found = until("the payment arrives", 10, async || {
            Some(seen(&path).await).filter(|a| a.status == 200)
        })
        .await;
        assert_eq!(found.json()["captured"], 1_200);
        // Writes are sent home, and change nothing.
        let before = regions.tables(AWAY).count("ledgerkeep-local-billing").await;
        let refused = away.post(
            CUSTOMERS,
            &json!({"name": "N", "email": "n@buyers.example", "country": "DE"}),
        );
        sent_to(
            &refused.bearer(&token).key(&random(22)).send().await,
            &home.address,
        );
        sent_to(&tenant.admin.at(&away).sign_in().await, &home.address);
        assert_eq!(
            regions.tables(AWAY).count("ledgerkeep-local-billing").await,
            before
        );
        // A session that ends at home ends in the other region, too.
        let signed = tenant.admin.sign_in().await.is(201);
        let session = text(&signed, "access_token");
        let own = format!("/tenancy/v1/tenants/{}", tenant.id);
        let reads = async || away.get(&own).bearer(&session).send().await.status;
        until("the session arrives", 10, async || {
            (reads().await == 200).then_some(())
        })
        .await;
        home.request("DELETE", "/identity/v1/sessions")
            .bearer(&session)
            .send()
            .await
            .is(204);
        until("its end arrives", 10, async || {
            (reads().await == 401).then_some(())
        })
        .await;
        regions.converge().await;
        let link = regions.link(HOME).await;
        let count = |name: &str| link[name].as_u64().expect("a count");
        assert!(
            count("reordered") > 0 && count("lost_and_sent_again") > 0,
            "{link}"
        );
        assert!(
            link["replication_lag_ms"]["p50_ms"].as_f64().expect("a lag") >= 75.0,
            "{link}"
        );
    });
}
