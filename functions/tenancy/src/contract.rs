//! The contract of this service.

shared::contract_endpoint!("read_tenancy_contract", "/tenancy/v1/openapi.json");
