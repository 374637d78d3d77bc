//! The contract of this service.

shared::contract_endpoint!(crate::SERVICE, "read_keys_contract", "/keys/v1/openapi.json");
