//! Every keyword that a contract may use, and how a change of it is judged where clients send and where they receive.
//!
//! What stands in none of these tables is a failure: nobody has thought about how it may change.

/// Who gives the value that a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Clients send it: what was taken must still be taken.
    Input,
    /// Clients receive it: what comes must be what came before.
    Answer,
}

/// How a change of a keyword is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Tells people something; a change is noted.
    Text,
    /// Any change breaks.
    Fixed,
    /// It may be taken away; adding or changing it breaks.
    MayGo,
    /// It may be added; taking it away or changing it breaks.
    MayCome,
    /// A limit above: it may rise or be taken away.
    UpperMayRise,
    /// A limit above: it may be lowered or added.
    UpperMayFall,
    /// A limit below: it may be lowered or taken away.
    LowerMayFall,
    /// A limit below: it may rise or be added.
    LowerMayRise,
    /// The parts are compared each by itself.
    Parts,
}

/// A keyword, its rule in what clients send, and its rule in what they receive.
pub type Keyword = (&'static str, Rule, Rule);

/// Keywords of schemas (JSON Schema draft 2020-12, and ours that begin with `x-`).
pub const SCHEMA: &[Keyword] = &[
    ("$schema", Rule::Fixed, Rule::Fixed),
    ("title", Rule::Text, Rule::Text),
    ("description", Rule::Text, Rule::Text),
    ("examples", Rule::Text, Rule::Text),
    ("x-data-class", Rule::Text, Rule::Text),
    // What is meant where a field is left out; in an answer nothing is.
    ("default", Rule::Fixed, Rule::Text),
    ("readOnly", Rule::Fixed, Rule::Fixed),
    ("writeOnly", Rule::Fixed, Rule::Fixed),
    ("format", Rule::MayGo, Rule::MayCome),
    ("pattern", Rule::MayGo, Rule::MayCome),
    ("propertyNames", Rule::MayGo, Rule::MayCome),
    ("maxLength", Rule::UpperMayRise, Rule::UpperMayFall),
    ("maxItems", Rule::UpperMayRise, Rule::UpperMayFall),
    ("maxProperties", Rule::UpperMayRise, Rule::UpperMayFall),
    ("maximum", Rule::UpperMayRise, Rule::UpperMayFall),
    ("minLength", Rule::LowerMayFall, Rule::LowerMayRise),
    ("minItems", Rule::LowerMayFall, Rule::LowerMayRise),
    ("minimum", Rule::LowerMayFall, Rule::LowerMayRise),
    ("type", Rule::Parts, Rule::Parts),
    ("enum", Rule::Parts, Rule::Parts),
    ("const", Rule::Parts, Rule::Parts),
    ("x-open-enum", Rule::Parts, Rule::Parts),
    ("oneOf", Rule::Parts, Rule::Parts),
    ("anyOf", Rule::Parts, Rule::Parts),
    ("required", Rule::Parts, Rule::Parts),
    ("properties", Rule::Parts, Rule::Parts),
    ("additionalProperties", Rule::Parts, Rule::Parts),
    ("items", Rule::Parts, Rule::Parts),
    ("$ref", Rule::Parts, Rule::Parts),
];

/// A keyword outside schemas and its rule.
pub type Plain = (&'static str, Rule);

/// The document (OpenAPI 3.1.0, section 4.8.1). Each deployment stands at an address of its own.
pub const DOCUMENT: &[Plain] = &[
    ("openapi", Rule::Fixed),
    ("info", Rule::Parts),
    ("servers", Rule::Text),
    ("tags", Rule::Text),
    ("paths", Rule::Parts),
    ("components", Rule::Parts),
];
/// What it says about itself.
pub const INFO: &[Plain] = &[
    ("title", Rule::Text),
    ("version", Rule::Parts),
    ("description", Rule::Text),
    ("license", Rule::Text),
];
/// What is referred to. A schema counts where it is referred to.
pub const COMPONENTS: &[Plain] = &[("schemas", Rule::Parts), ("securitySchemes", Rule::Parts)];
/// How a caller shows who they are.
pub const SECURITY_SCHEME: &[Plain] = &[
    ("type", Rule::Fixed),
    ("scheme", Rule::Fixed),
    ("bearerFormat", Rule::Fixed),
    ("description", Rule::Text),
];
/// The methods of a path; each is an operation.
pub const PATH: &[Plain] = &[
    ("get", Rule::Parts),
    ("put", Rule::Parts),
    ("post", Rule::Parts),
    ("delete", Rule::Parts),
    ("patch", Rule::Parts),
];
/// An operation. Clients that were generated are called by its `operationId`.
pub const OPERATION: &[Plain] = &[
    ("operationId", Rule::Fixed),
    ("summary", Rule::Text),
    ("tags", Rule::Text),
    ("security", Rule::Fixed),
    ("x-ledgerkeep", Rule::Parts),
    ("parameters", Rule::Parts),
    ("requestBody", Rule::Parts),
    ("responses", Rule::Parts),
];
/// Who may call, and what else a call needs.
pub const ACCESS: &[Plain] = &[
    ("access", Rule::Fixed),
    ("audit", Rule::Text),
    ("step_up", Rule::Fixed),
    ("four_eyes", Rule::Fixed),
    ("effect", Rule::Fixed),
    ("soap", Rule::MayCome),
];
/// A parameter in the path, the query or a header. `name` and `in` say which it is.
pub const PARAMETER: &[Plain] = &[
    ("name", Rule::Fixed),
    ("in", Rule::Fixed),
    ("required", Rule::Parts),
    ("schema", Rule::Parts),
    ("description", Rule::Text),
    ("example", Rule::Text),
];
/// The body of a request.
pub const BODY: &[Plain] = &[("required", Rule::Parts), ("content", Rule::Parts)];
/// A body in one media type.
pub const MEDIA: &[Plain] = &[("schema", Rule::Parts), ("example", Rule::Text)];
/// An answer of one status.
pub const RESPONSE: &[Plain] = &[
    ("description", Rule::Text),
    ("headers", Rule::Parts),
    ("content", Rule::Parts),
    // Codes are open, and each one's meaning is told.
    ("x-problem-codes", Rule::Text),
];
/// A header of an answer.
pub const HEADER: &[Plain] = &[
    ("description", Rule::Text),
    ("required", Rule::Parts),
    ("schema", Rule::Parts),
];
/// The contract of the events.
pub const EVENTS: &[Plain] = &[("info", Rule::Parts), ("events", Rule::Parts)];
/// One kind of event.
pub const EVENT: &[Plain] = &[("description", Rule::Text), ("schema", Rule::Parts)];
