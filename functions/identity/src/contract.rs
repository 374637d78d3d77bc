//! The contract of this service.

shared::contract_endpoint!(
    crate::SERVICE,
    "read_identity_contract",
    "/identity/v1/openapi.json"
);
