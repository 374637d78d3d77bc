//! The data directory: tables in an embedded DynamoDB, and the files beside it.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use shared::{
    app::{Config, Endpoints},
    store::Table,
};
use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};
use topology::Topology;

/// Makes the directory, readable by its owner only.
pub fn prepare(dir: &Path) -> Result<(), String> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|e| format!("{}: {e}", dir.display()))?;
    // Readers of this file know by it that the platform is up.
    let _ = fs::remove_file(dir.join("platform.json"));
    Ok(())
}

/// Writes a file that only its owner may read, whole or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    let temporary = path.with_extension("tmp");
    let _ = fs::remove_file(&temporary);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)
}

/// Says that the platform is up, and where; also what `also` says.
pub fn ready(dir: &Path, address: &str, also: serde_json::Value) -> Result<(), String> {
    let ca = fs::canonicalize(dir.join("ca.pem")).map_err(|e| e.to_string())?;
    let mut told = serde_json::json!({"address": address, "ca": ca, "pid": std::process::id()});
    if let (Some(map), serde_json::Value::Object(also)) = (told.as_object_mut(), also) {
        map.extend(also);
    }
    let text = told.to_string();
    write_private(&dir.join("platform.json"), text.as_bytes())
}

/// The SDK's configuration for the stand-ins of this machine.
pub async fn sdk() -> SdkConfig {
    sdk_in(super::REGION).await
}

/// The same in a region.
pub async fn sdk_in(region: &str) -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest());
    let credentials = Credentials::new("local", "local", None, None, "local platform");
    loader
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials)
        .load()
        .await
}

/// Creates the tables that the templates describe and that are not there yet.
pub async fn create_tables(
    sdk: &SdkConfig,
    endpoints: &Endpoints,
    topology: &Topology,
    config: &Config,
    wanted: &dyn Fn(Table) -> bool,
) -> Result<(), String> {
    let at = |endpoint: &Option<String>| {
        let mut conf = aws_sdk_dynamodb::config::Builder::from(sdk);
        conf.set_endpoint_url(endpoint.clone());
        aws_sdk_dynamodb::Client::from_conf(conf.build())
    };
    create_home(&at(&endpoints.home), config).await?;
    let client = at(&endpoints.dynamodb);
    let there = client.list_tables().send().await.map_err(|e| {
        format!(
            "DynamoDB does not answer: {}",
            aws_sdk_dynamodb::error::DisplayErrorContext(&e)
        )
    })?;
    for table in Table::ALL.into_iter().filter(|t| *t != Table::Home && wanted(*t)) {
        let name = config
            .tables
            .get(&table)
            .ok_or_else(|| format!("no name for table {}", table.name()))?;
        if there.table_names().contains(name) {
            continue;
        }
        let planned = topology
            .tables
            .get(table.name())
            .ok_or_else(|| format!("infra/stacks/data.yaml has no table {}", table.name()))?;
        let key = |name: &str, kind: KeyType| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()
                .map_err(|e| e.to_string())
        };
        let mut request = client
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key(&planned.hash, KeyType::Hash)?)
            .key_schema(key(&planned.range, KeyType::Range)?);
        let mut attributes = vec![planned.hash.clone(), planned.range.clone()];
        for index in &planned.indexes {
            attributes.extend([index.hash.clone(), index.range.clone()]);
            let index = GlobalSecondaryIndex::builder()
                .index_name(&index.name)
                .key_schema(key(&index.hash, KeyType::Hash)?)
                .key_schema(key(&index.range, KeyType::Range)?)
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
                .build();
            request = request.global_secondary_indexes(index.map_err(|e| e.to_string())?);
        }
        for attribute in attributes {
            let definition = AttributeDefinition::builder()
                .attribute_name(attribute)
                .attribute_type(ScalarAttributeType::S)
                .build();
            request = request.attribute_definitions(definition.map_err(|e| e.to_string())?);
        }
        if let Some(view) = &planned.stream_view {
            let stream = StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::from(view.as_str()))
                .build();
            request = request.stream_specification(stream.map_err(|e| e.to_string())?);
        }
        request.send().await.map_err(|e| {
            format!(
                "table {name}: {}",
                aws_sdk_dynamodb::error::DisplayErrorContext(&e)
            )
        })?;
    }
    Ok(())
}

/// Creates the home table, where it is to be and unless it is there: on AWS it is one over all regions, so that several platforms
/// on this machine may share it, and start at the same time.
async fn create_home(client: &aws_sdk_dynamodb::Client, config: &Config) -> Result<(), String> {
    let name = config.tables.get(&Table::Home).ok_or("no name for table home")?;
    let key = |name: &str, kind: KeyType| {
        let element = KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build();
        element.map_err(|e| e.to_string())
    };
    let text = |name: &str| {
        let kind = ScalarAttributeType::S;
        let definition = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(kind)
            .build();
        definition.map_err(|e| e.to_string())
    };
    let made = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .attribute_definitions(text("pk")?)
        .attribute_definitions(text("sk")?)
        .send()
        .await;
    match made {
        Ok(_) => Ok(()),
        Err(e)
            if e.as_service_error()
                .is_some_and(|e| e.is_resource_in_use_exception()) =>
        {
            Ok(())
        }
        Err(e) => Err(format!(
            "table {name}: {}",
            aws_sdk_dynamodb::error::DisplayErrorContext(&e)
        )),
    }
}
