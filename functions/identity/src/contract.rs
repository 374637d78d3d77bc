//! The contract of this service.

shared::contract_endpoint!("read_identity_contract", "/identity/v1/openapi.json");
