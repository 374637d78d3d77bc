//! The contract of this service.

shared::contract_endpoint!("read_privacy_contract", "/privacy/v1/openapi.json");
