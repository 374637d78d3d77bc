//! OpenAPI 3.1, generated from the declarations that route and authorise.

pub mod example;
mod merged;
mod responses;
mod schema;

use crate::{
    declaration::endpoint::{Access, Declaration, Format, Method},
    kernel::{
        record::Field,
        shape::{Named, Shape, Shaped},
    },
    road::{
        function::{Function, Service},
        outcome::Outcome,
    },
};
use responses::{problem, responses};
pub use schema::pascal;
use schema::{Components, Side};
use serde_json::{Map, Value, json};

pub use merged::{ALL, all};

/// The document of a service, which says [`ADDRESS`].
#[must_use]
pub fn document(service: &Service) -> Value {
    describe(service).0
}

/// The document of a service, and why it may not be.
fn describe(service: &Service) -> (Value, Vec<String>) {
    let mut components = Components::default();
    problem(&mut components);
    let (mut paths, mut tags) = (Map::new(), Vec::new());
    let described = |f: &&Function| f.declaration.format != Format::Soap;
    for function in service.endpoints.iter().filter(described) {
        let path = paths
            .entry(function.declaration.path)
            .or_insert_with(|| json!({}));
        let tag = tag(service, &function.declaration);
        if let Value::Object(path) = path {
            let method = (function.declaration.method)().as_str().to_lowercase();
            path.insert(method, operation(function, &tag, &mut components));
        }
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    for operation in paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        exemplify(operation, &components.schemas);
    }
    let tags: Vec<Value> = tags.into_iter().map(|name| json!({"name": name})).collect();
    let about = format!("{} {OPEN}", service.about);
    let document = json!({
        "openapi": "3.1.0",
        "info": info(&format!("Ledgerkeep {}", service.name), service.version, &about),
        "servers": [{"url": ADDRESS}],
        "tags": tags,
        "paths": paths,
        "components": {"schemas": components.schemas, "securitySchemes": security_schemes()},
    });
    (document, components.conflicts)
}

/// What every document says about what clients must bear.
const OPEN: &str =
    "States, types and codes in answers are open: a client must bear values that it does not know.";

fn info(title: &str, version: &str, about: &str) -> Value {
    json!({
        "title": title,
        "version": version,
        "description": about,
        "license": {"name": "Proprietary", "identifier": "LicenseRef-Ledgerkeep"},
    })
}

fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token that is bound to a key (RFC 9449) comes as `Authorization: DPoP` with a `DPoP` proof",
        },
        "client": {"type": "http", "scheme": "basic"},
    })
}

/// What an operation is listed under: its service and the noun of its path, such as `billing customers`.
fn tag(service: &Service, declaration: &Declaration) -> String {
    let mut segments = declaration.path.split('/').skip(2);
    let first = segments.next().unwrap_or_default();
    let noun = if first == "v1" {
        segments.next().unwrap_or_default()
    } else {
        "discovery"
    };
    let noun = if noun == "openapi.json" { "discovery" } else { noun };
    format!("{} {noun}", service.name)
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

fn operation(function: &Function, tag: &str, components: &mut Components) -> Value {
    let d = &function.declaration;
    let takes_body = matches!((d.method)(), Method::POST | Method::PUT | Method::PATCH);
    let names: Vec<&str> = in_path(d).collect();
    let elsewhere = |field: &&Field| !takes_body || names.contains(&field.name);
    let answer = components.schema(&(function.answer_shape)(), Side::Answer);
    let mut parameters = Vec::new();
    for field in function.input.iter().filter(elsewhere) {
        let path = names.contains(&field.name);
        let mut schema = components.field(field, Side::Input, true);
        let about = schema.as_object_mut().and_then(|s| s.remove("description"));
        let mut parameter = json!({
            "name": field.name,
            "in": if path { "path" } else { "query" },
            "required": path || field.required,
            "schema": schema,
        });
        if let (Value::Object(parameter), Some(about)) = (&mut parameter, about) {
            parameter.insert("description".into(), about);
        }
        parameters.push(parameter);
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
        "tags": [tag],
        "parameters": parameters,
        "responses": responses(function, &answer, components),
        "security": match (d.access, d.format) {
            (Access::Public, Format::Json | Format::Soap) => json!([]),
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
    if let (Some(name), Some(own)) = (
        d.soap,
        operation.get_mut("x-ledgerkeep").and_then(Value::as_object_mut),
    ) {
        own.insert("soap".to_owned(), name.into());
    }
    if takes_body
        && let (Value::Object(map), Shape::Record(record)) = (&mut operation, (function.input_shape)())
    {
        let own: Vec<&Field> = function.input.iter().filter(|f| !elsewhere(f)).collect();
        let needed = own.iter().any(|f| f.required);
        let (media, schema) = match d.format {
            Format::Json => ("application/json", body(d, &record, &own, components)),
            Format::OAuth | Format::Soap => (
                "application/x-www-form-urlencoded",
                body(d, &record, &own, components),
            ),
        };
        map.insert(
            "requestBody".into(),
            json!({"required": needed, "content": {media: {"schema": schema}}}),
        );
    }
    operation
}

/// The body of an operation: a component that is called after it, unless nothing stands in it.
fn body(d: &Declaration, record: &Named, own: &[&Field], components: &mut Components) -> Value {
    let mut schema = components.object(record, own.iter().copied(), true);
    // Parameters of forms are texts and stand once (RFC 6749, section 3.2), known or not.
    if let (Format::OAuth, Value::Object(schema)) = (d.format, &mut schema) {
        schema.insert("additionalProperties".into(), json!({"type": "string"}));
    }
    if own.is_empty() {
        return schema;
    }
    components.named(&format!("{}Request", pascal(d.name)), schema)
}

/// A good input of a function, path parameters and all, of what it must have.
#[must_use]
pub fn input(function: &Function) -> Map<String, Value> {
    let mut components = Components::default();
    let schema = components.schema(&(function.input_shape)(), Side::Input);
    example::members(&schema, &components.schemas)
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

/// Where a document that is kept says that the service is: each deployment has an address of its own.
pub const ADDRESS: &str = "https://ledgerkeep.example";

/// The OpenAPI document of this service.
// The document is the answer, so it is declared by hand. It is sent as the text that was made of the declarations before they were
// built: what makes it needs every function of its service.
#[derive(Debug, serde::Serialize)]
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

impl Shaped for Document {
    fn shape() -> Shape {
        Shape::Any
    }
}

impl crate::kernel::record::Record for Document {
    const FIELDS: &'static [Field] = &[];
    fn masked(&self) -> Value {
        json!({"openapi": "3.1.0"})
    }
}

/// Declares the endpoint that serves a service's own contract: the file `openapi.json` of its crate, which `make templates` writes;
/// or another file of it.
#[macro_export]
macro_rules! contract_endpoint {
    ($name:literal, $path:literal) => {
        $crate::contract_endpoint!($name, $path, "openapi.json", "The contract of this service");
    };
    ($name:literal, $path:literal, $file:literal, $about:literal) => {
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
                $about,
            );
            type Input = $crate::record::Nothing;
            type Answer = $crate::openapi::Document;

            async fn handle(
                cx: &$crate::road::Context,
                _: Self::Input,
            ) -> Result<$crate::endpoint::Outcome<Self::Answer>, $crate::problem::Problem> {
                let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $file));
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
