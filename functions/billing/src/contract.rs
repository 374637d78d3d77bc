//! The contract of this service.

shared::contract_endpoint!("read_billing_contract", "/billing/v1/openapi.json");
