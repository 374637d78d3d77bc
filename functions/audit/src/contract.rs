//! The contract of this service.

shared::contract_endpoint!("read_audit_contract", "/audit/v1/openapi.json");
