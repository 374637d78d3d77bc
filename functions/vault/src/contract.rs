//! The contract of this service.

shared::contract_endpoint!("read_vault_contract", "/vault/v1/openapi.json");
