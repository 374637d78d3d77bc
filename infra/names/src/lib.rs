//! Names that the templates and whoever reads them share: regions, accounts, environments, parameters, environment variables, files.

pub mod files;
mod function;
mod parameter;

pub use function::{ENDPOINT_TIMEOUT, VARIABLES, WORKER_MEMORY, variables};
pub use parameter::{
    DEFAULT_MAIL_IDENTITY, MAIL_SENDER, default_key, default_queue, default_secret, key, key_arn, queue_url,
    secret, table, wrapping_keys,
};

/// The region that defaults name, and that the local platform plays.
pub const REGION: &str = "eu-west-1";
/// The account that defaults name, and that the local platform plays.
pub const ACCOUNT: &str = "000000000000";
/// The environment that defaults name.
pub const ENVIRONMENT: &str = "local";
/// The name of the local platform's secret of peppers.
pub const PEPPER: &str = "ledgerkeep/local/pepper";
/// The environment variable that holds the ARN of the role under which a function reaches data.
pub const DATA_ROLE: &str = "DATA_ROLE";
/// The ULID of every example.
pub const ULID: &str = "01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
/// Reads by key. Which of the two a function calls depends on what the road has read ahead for it, so they go together.
pub const BY_KEY: [&str; 2] = ["dynamodb:GetItem", "dynamodb:BatchGetItem"];

/// `create_customer` as a logical id: `CreateCustomer`.
#[must_use]
pub fn pascal(name: &str) -> String {
    let mut out = String::new();
    for word in name.split(['_', '-']) {
        let mut letters = word.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logical_ids() {
        assert_eq!(pascal("create_customer"), "CreateCustomer");
        assert_eq!(pascal("keys"), "Keys");
        assert_eq!(pascal("token-beside"), "TokenBeside");
    }
}
