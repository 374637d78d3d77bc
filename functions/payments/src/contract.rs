//! The contract of this service.

shared::contract_endpoint!("read_payments_contract", "/payments/v1/openapi.json");
