//! The contract of this service.

shared::contract_endpoint!("read_risk_contract", "/risk/v1/openapi.json");
