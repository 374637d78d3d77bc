//! How a document is paid.

use serde::{Deserialize, Serialize};

/// How it is paid.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// By what (BG-16).
    pub means: Means,
    /// What the payer is asked to name (BT-83).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remittance: Option<String>,
    /// The terms, in words (BT-20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
}

/// By what a document is paid (BT-81, UNTDID 4461).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Means {
    /// Nothing is agreed (1).
    Undefined,
    /// The buyer sends it to the seller's account: 58 (SEPA) in euros, 30 otherwise.
    Transfer {
        /// The account, as an IBAN where it has one (BT-84).
        account: String,
        /// Whose it is (BT-85).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<String>,
        /// The bank, as a BIC (BT-86).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bank: Option<String>,
    },
    /// It is charged to a card (48).
    Card {
        /// Its last four digits (BT-87).
        last4: String,
        /// Whose it is (BT-88).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<String>,
    },
    /// The seller takes it from the buyer's account, by SEPA (59).
    DirectDebit {
        /// The mandate's reference (BT-89).
        mandate: String,
        /// The seller's identifier as a creditor (BT-90).
        creditor: String,
        /// The buyer's account (BT-91).
        account: String,
    },
}
