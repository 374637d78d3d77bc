//! The contract of this service.

shared::contract_endpoint!("read_ledger_contract", "/ledger/v1/openapi.json");
