//! OpenAPI 3.1, generated from the declarations that route and authorise.

pub mod example;
mod responses;

use crate::{
    declaration::endpoint::{Access, Declaration, Format, Method},
    kernel::record::Field,
    road::{
        function::{Function, Service},
        outcome::Outcome,
    },
};
use responses::{problem_schema, responses};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
/// The document of a service, which says [`ADDRESS`].
#[must_use]
pub fn document(service: &Service) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|s| s.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths = Map::new();
    for function in service.endpoints {
        let path = paths
            .entry(function.declaration.path)
            .or_insert_with(|| json!({}));
        if let Value::Object(path) = path {
            let method = (function.declaration.method)().as_str().to_lowercase();
            path.insert(method, operation(function, &mut generator));
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".into(), problem_schema());
    for operation in paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        exemplify(operation, &schemas);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("Ledgerkeep {}", service.name),
            "version": service.version,
            "description": service.about,
            "license": {"name": "Proprietary", "identifier": "LicenseRef-Ledgerkeep"},
        },
        "servers": [{"url": ADDRESS}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "A token that is bound to a key (RFC 9449) comes as `Authorization: DPoP` with a `DPoP` proof",
                },
                "client": {"type": "http", "scheme": "basic"},
            },
        },
    })
}

/// Gives required parameters, the body and the success an example, made from their schemas.
fn exemplify(operation: &mut Value, schemas: &Map<String, Value>) {
    let add = |holder: &mut Value| {
        let schema = holder.get("schema").map(|schema| example::of(schema, schemas));
        if let (Value::Object(holder), Some(example)) = (holder, schema) {
            holder.entry("example").or_insert(example);
        }
    };
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        if parameter.get("required") == Some(&json!(true)) {
            add(parameter);
        }
    }
    let contents = |holder: &mut Value| {
        let content = holder.get_mut("content").and_then(Value::as_object_mut);
        content.into_iter().flat_map(Map::values_mut).for_each(add);
    };
    operation.get_mut("requestBody").into_iter().for_each(contents);
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
    answers.into_iter().flat_map(Map::values_mut).for_each(contents);
}

fn in_path(declaration: &Declaration) -> impl Iterator<Item = &str> {
    declaration
        .path
        .split('/')
        .filter_map(|s| s.strip_prefix('{')?.strip_suffix('}'))
}

fn operation(function: &Function, generator: &mut SchemaGenerator) -> Value {
    let d = &function.declaration;
    let mut input = (function.input_schema)(generator).to_value();
    let mut answer = (function.answer_schema)(generator).to_value();
    classify(&mut input, function.input);
    classify(&mut answer, function.answer);
    let takes_body = matches!((d.method)(), Method::POST | Method::PUT | Method::PATCH);
    let names: Vec<&str> = in_path(d).collect();
    let mut parameters = Vec::new();
    let mut required: Vec<String> = list(&input, "required");
    if let Some(Value::Object(properties)) = input.get_mut("properties") {
        let moved: Vec<String> = properties
            .keys()
            .filter(|k| !takes_body || names.contains(&k.as_str()))
            .cloned()
            .collect();
        for name in moved {
            let schema = properties.remove(&name).unwrap_or_default();
            let path = names.contains(&name.as_str());
            parameters.push(json!({
                "name": name,
                "in": if path { "path" } else { "query" },
                "required": path || required.contains(&name),
                "schema": schema,
            }));
            required.retain(|r| *r != name);
        }
    }
    // Whatever may be absent may be null: parsing takes both as the same.
    let properties = input.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        let kind = property.get("type").filter(|kind| kind.is_string()).cloned();
        if let (Value::Object(property), Some(kind), false) = (property, kind, required.contains(name)) {
            property.insert("type".into(), json!([kind, "null"]));
        }
    }
    if let Value::Object(map) = &mut input {
        map.insert("required".into(), json!(required));
        map.remove("$schema");
        map.remove("title");
    }
    if d.takes_idempotency_key() {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": d.effect,
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$", "examples": ["order-17-attempt-1"]},
        }));
    }
    if d.four_eyes {
        parameters.push(json!({
            "name": "Approval-Id", "in": "header", "required": false,
            "description": "The approval that a second person gave for this very call",
            "schema": {"type": "string", "pattern": "^apr_[0-9A-HJKMNP-TV-Z]{26}$"},
        }));
    }
    if d.from_browser {
        parameters.push(json!({
            "name": "Origin", "in": "header", "required": false,
            "description": "Where the page is that makes the call, as browsers say it; what a cookie is read or set for must come from the platform's own",
            "schema": {"type": "string", "examples": ["https://pay.example"]},
        }));
    }
    if d.audit == crate::declaration::endpoint::Audit::Sensitive {
        parameters.push(json!({
            "name": "X-Access-Reason", "in": "header", "required": false,
            "description": "Why sensitive data is read; required where the tenant says so.",
            "schema": {"type": "string", "examples": ["Asked by the customer"]},
        }));
    }
    let mut operation = json!({
        "operationId": d.name,
        "summary": d.summary,
        "parameters": parameters,
        "responses": responses(d, &answer),
        "security": match (d.access, d.format) {
            (Access::Public, Format::Json) => json!([]),
            (Access::Public, Format::OAuth) => json!([{"client": []}, {}]),
            _ => json!([{"bearer": []}]),
        },
        "x-ledgerkeep": {
            "access": access(d),
            "audit": d.audit.code(),
            "step_up": d.step_up,
            "four_eyes": d.four_eyes,
            "effect": d.effect,
        },
    });
    if takes_body && let Value::Object(map) = &mut operation {
        let media = match d.format {
            Format::Json => "application/json",
            Format::OAuth => "application/x-www-form-urlencoded",
        };
        let needed = !required.is_empty();
        // Parameters of forms are texts and stand once (RFC 6749, section 3.2), known or not.
        if let (Format::OAuth, Value::Object(input)) = (d.format, &mut input) {
            input.insert("additionalProperties".into(), json!({"type": "string"}));
        }
        map.insert(
            "requestBody".into(),
            json!({"required": needed, "content": {media: {"schema": input}}}),
        );
    }
    operation
}

fn list(schema: &Value, name: &str) -> Vec<String> {
    let values = schema
        .get(name)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    values
        .iter()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

/// Who may call, in one word: `public`, `session` or the right's name.
#[must_use]
pub fn access(declaration: &Declaration) -> &'static str {
    match declaration.access {
        Access::Public => "public",
        Access::Session => "session",
        Access::Right(right) => right.name,
    }
}

fn classify(schema: &mut Value, fields: &[Field]) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for field in fields {
        if let Some(Value::Object(property)) = properties.get_mut(field.name) {
            property.insert("x-data-class".into(), json!(field.class.name()));
        }
    }
}

/// Where a document that is kept says that the service is: each deployment has an address of its own.
pub const ADDRESS: &str = "https://ledgerkeep.example";

/// The OpenAPI document of this service.
// The document is the answer, so it is declared by hand. It is sent as the text that was made of the declarations before they were
// built: what makes it needs every function of its service.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Document(Value);

impl Document {
    /// The outcome that sends a document which says [`ADDRESS`], as that of the service at `issuer`.
    #[must_use]
    pub fn at(issuer: &str, document: &str) -> Outcome<Self> {
        let servers = |address: &str| json!([{"url": address}]).to_string();
        let text = document.replacen(&servers(ADDRESS), &servers(issuer), 1);
        Outcome::read(Self(Value::Null)).text(text.into())
    }
}

impl crate::kernel::record::Record for Document {
    const FIELDS: &'static [Field] = &[];
    fn masked(&self) -> Value {
        json!({"openapi": "3.1.0"})
    }
}

/// Declares the endpoint that serves a service's own contract: the file `openapi.json` of its crate, which `make templates` writes.
#[macro_export]
macro_rules! contract_endpoint {
    ($name:literal, $path:literal) => {
        /// Serves the contract.
        #[derive(Debug)]
        pub struct Read;

        impl $crate::endpoint::Endpoint for Read {
            const DECLARATION: $crate::endpoint::Declaration = $crate::endpoint::Declaration::new(
                $name,
                $crate::endpoint::methods::get,
                $path,
                $crate::endpoint::Access::Public,
                $crate::endpoint::Audit::Log,
                "The contract of this service",
            );
            type Input = $crate::record::Nothing;
            type Answer = $crate::openapi::Document;

            async fn handle(
                cx: &$crate::road::Context,
                _: Self::Input,
            ) -> Result<$crate::endpoint::Outcome<Self::Answer>, $crate::problem::Problem> {
                let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"));
                Ok($crate::openapi::Document::at(
                    &cx.app().config.issuer,
                    document,
                ))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::road::outcome::Instead;

    #[test]
    fn a_document_says_where_its_service_is() {
        let kept = r#"{"paths":{"/a":"https://ledgerkeep.example"},"servers":[{"url":"https://ledgerkeep.example"}]}"#;
        let sent =
            r#"{"paths":{"/a":"https://ledgerkeep.example"},"servers":[{"url":"https://pay\"me.example"}]}"#;
        match Document::at("https://pay\"me.example", kept).instead {
            Some(Instead::Text(text)) => assert_eq!(&*text, sent),
            other => panic!("{other:?}"),
        }
    }
}
