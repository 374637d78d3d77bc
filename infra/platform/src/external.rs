//! `AWS_ENDPOINT_URL`: DynamoDB, KMS and Secrets Manager are somebody else's. What the local platform would have made
//! in its own is made there, unless it is there already.

use super::{first_start, say};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_kms::types::{KeySpec as Spec, KeyUsageType};
use shared::app::Config;
use standins::KeySpec;

/// The address, when one is set.
pub fn address() -> Option<String> {
    std::env::var("AWS_ENDPOINT_URL").ok().filter(|u| !u.is_empty())
}

/// The SDK's configuration: the caller's own credentials and region. A stand-in takes any credentials, so that
/// without some in the environment it gets `test`; AWS itself never does.
pub async fn sdk(address: &str) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if std::env::var_os("AWS_REGION").is_none() {
        loader = loader.region(Region::from_static(super::REGION));
    }
    let own = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    let aws = url::Url::parse(address)
        .ok()
        .and_then(|u| u.host_str().map(|h| h.ends_with(".amazonaws.com")));
    if !own.iter().any(|name| std::env::var_os(name).is_some()) && aws == Some(false) {
        loader = loader.credentials_provider(Credentials::new("test", "test", None, None, "stand-in"));
    }
    loader.load().await
}

/// Makes the keys and the pepper that are not there yet.
///
/// # Errors
/// One line that names what could not be made.
pub async fn prepare(
    sdk: &SdkConfig,
    address: &str,
    config: &Config,
    keys: &[(String, KeySpec)],
) -> Result<(), String> {
    let mut conf = aws_sdk_kms::config::Builder::from(sdk);
    conf.set_endpoint_url(Some(address.to_owned()));
    let kms = aws_sdk_kms::Client::from_conf(conf.build());
    for (alias, spec) in keys {
        let found = kms.describe_key().key_id(alias).send().await;
        match found.map_err(aws_sdk_kms::error::SdkError::into_service_error) {
            Ok(_) => continue,
            Err(e) if e.is_not_found_exception() => {}
            Err(e) => return Err(format!("KMS at {address}: {alias}: {}", DisplayErrorContext(&e))),
        }
        make_key(&kms, alias, *spec)
            .await
            .map_err(|why| format!("KMS at {address}: {alias}: {why}"))?;
        say(&format!("made the key {alias} at {address}"));
    }
    let mut conf = aws_sdk_secretsmanager::config::Builder::from(sdk);
    conf.set_endpoint_url(Some(address.to_owned()));
    let secrets = aws_sdk_secretsmanager::Client::from_conf(conf.build());
    let Some(pepper) = config.secrets.get("pepper") else {
        return Ok(());
    };
    let made = secrets
        .create_secret()
        .name(pepper)
        .secret_string(first_start::new_pepper())
        .send()
        .await;
    match made.map_err(aws_sdk_secretsmanager::error::SdkError::into_service_error) {
        Ok(_) => say(&format!("made the secret {pepper} at {address}")),
        Err(e) if e.is_resource_exists_exception() => {}
        Err(e) => {
            return Err(format!(
                "Secrets Manager at {address}: {pepper}: {}",
                DisplayErrorContext(&e)
            ));
        }
    }
    Ok(())
}

async fn make_key(kms: &aws_sdk_kms::Client, alias: &str, spec: KeySpec) -> Result<(), String> {
    let (spec, usage) = match spec {
        KeySpec::SymmetricDefault => (Spec::SymmetricDefault, KeyUsageType::EncryptDecrypt),
        KeySpec::EccNistP256 => (Spec::EccNistP256, KeyUsageType::SignVerify),
        KeySpec::Hmac256 => (Spec::Hmac256, KeyUsageType::GenerateVerifyMac),
    };
    let made = kms
        .create_key()
        .key_spec(spec)
        .key_usage(usage)
        .send()
        .await
        .map_err(|e| DisplayErrorContext(&e).to_string())?;
    let id = made.key_metadata.map(|m| m.key_id).unwrap_or_default();
    kms.create_alias()
        .alias_name(alias)
        .target_key_id(id)
        .send()
        .await
        .map_err(|e| DisplayErrorContext(&e).to_string())?;
    Ok(())
}
