//! Who is calling: sessions, users, API clients, access tokens and passwords.

mod approval;
mod argon;
pub mod dpop;
mod model;
mod password;
mod policy;
mod principal;
pub(crate) mod remembered;
pub(crate) mod single;
mod token;
pub(crate) mod username;

pub use super::password_policy::{
    CharacterClass, DEEPEST, LONGEST, MOST_ATTEMPTS, Policy, SHORTEST_LOCK, check_policy,
};
pub use crate::access::networks::network_allows;
pub use approval::{APPROVAL_LIFE, Approval, ApprovalId, ApprovalStatus};
pub use model::{
    ApiClient, ClientSecret, ClientStatus, Credential, Limit, OldPassword, Session, SessionStatus,
    SoapAccess, SoapSecret, Tenant, TenantDirectory, TenantStatus, User, UserStatus,
};
pub use password::{Hashed, PasswordError, Passwords};
pub use principal::{Principal, PrincipalKind};
pub use token::{Claims, TokenError, Tokens};
pub use username::{Created, Shown, SoapMode, UsernameToken, digest as username_digest};
