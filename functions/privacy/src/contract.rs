//! The contract of this service.

shared::contract_endpoint!(
    crate::SERVICE,
    "read_privacy_contract",
    "/privacy/v1/openapi.json"
);
