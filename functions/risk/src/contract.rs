//! The contract of this service.

shared::contract_endpoint!(crate::SERVICE, "read_risk_contract", "/risk/v1/openapi.json");
