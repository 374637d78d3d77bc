//! The contract of this service.

shared::contract_endpoint!(
    crate::SERVICE,
    "read_billing_contract",
    "/billing/v1/openapi.json"
);
