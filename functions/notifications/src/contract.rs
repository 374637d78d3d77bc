//! The contract of this service.

shared::contract_endpoint!("read_notifications_contract", "/notifications/v1/openapi.json");
