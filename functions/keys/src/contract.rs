//! The contract of this service.

shared::contract_endpoint!("read_keys_contract", "/keys/v1/openapi.json");
