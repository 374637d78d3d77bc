//! `GET /openapi.json`: the contracts of all services in one document, which clients are generated from.

shared::contract_endpoint!(
    "read_whole_contract",
    "/openapi.json",
    "all.json",
    "The contracts of all services in one document"
);
