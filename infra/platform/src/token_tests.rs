//! What a process has found good of a token holds no longer than the key that signed it.

use super::testing::Stage0;
use shared::{auth::TokenError, crypto::KeyUse, ids::TenantId, meter::Meter, time::Clock};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_found_good_is_refused_once_its_key_cannot_be_had() {
    let it = Stage0::set("token-key").await;
    let app = &it.stand_ins.app;
    let (tokens, meter, now) = (&app.tokens, Meter::default(), it.clock.now());
    let claims = tokens.claims(now, &TenantId::platform(), "usr_1", None, &[]);
    let token = tokens.issue(&meter, &claims).await.unwrap();
    for _ in 0..2 {
        assert_eq!(tokens.verify(&meter, &token, now).await.unwrap().jti, claims.jti);
    }
    let mut conf = aws_sdk_kms::config::Builder::from(&it.stand_ins.sdk);
    conf.set_endpoint_url(it.stand_ins.endpoints.kms.clone());
    let kms = aws_sdk_kms::Client::from_conf(conf.build());
    let described = kms.describe_key().key_id(&app.config.keys[&KeyUse::Token]);
    let described = described.send().await.unwrap();
    let id = described.key_metadata().unwrap().key_id().to_owned();
    kms.disable_key().key_id(id).send().await.unwrap();
    // The public key is kept for five minutes; the time that a token's own is compared with is a parameter.
    it.clock.by(299);
    assert!(tokens.verify(&meter, &token, now).await.is_ok());
    it.clock.by(2);
    let refused = tokens.verify(&meter, &token, now).await.err();
    assert!(matches!(refused, Some(TokenError::Unavailable(_))), "{refused:?}");
}
