//! Identity: users, sign-in, sessions, OAuth tokens, roles and verification keys.

pub mod approvals;
pub mod contract;
pub mod jwks;
pub mod mail;
pub mod me;
pub mod oauth;
pub mod passkeys;
pub mod password_resets;
pub mod passwords;
pub mod portal;
pub mod portal_cookie;
mod recovery_code;
pub mod rights;
pub mod roles;
pub mod second_factors;
pub mod secret_token;
pub mod sessions;
pub mod sign_ins;
pub mod totp;
pub mod users;

use shared::{
    Function, Service, function,
    processing::{ItemType, item},
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<sessions::create::Create>(),
    function::<sessions::mfa::Mfa>(),
    function::<sessions::list::List>(),
    function::<sessions::delete::Delete>(),
    function::<sessions::delete_all::DeleteAll>(),
    function::<oauth::token::Token>(),
    function::<oauth::revoke::Revoke>(),
    function::<oauth::metadata::Read>(),
    function::<jwks::read::Read>(),
    function::<portal::refresh::Refresh>(),
    function::<me::read::Read>(),
    function::<me::password::Change>(),
    function::<me::totp::enrol::Enrol>(),
    function::<me::totp::confirm::Confirm>(),
    function::<me::totp::remove::Remove>(),
    function::<me::passkeys::options::Options>(),
    function::<me::passkeys::register::Register>(),
    function::<me::passkeys::remove::Remove>(),
    function::<users::create::Create>(),
    function::<users::list::List>(),
    function::<users::read::Read>(),
    function::<users::update::Update>(),
    function::<users::unlock::Unlock>(),
    function::<users::reset_password::Reset>(),
    function::<users::reset_second_factor::Reset>(),
    function::<sign_ins::list::List>(),
    function::<password_resets::create::Create>(),
    function::<password_resets::confirm::Confirm>(),
    function::<roles::list::List>(),
    function::<roles::put::Put>(),
    function::<roles::password_policy::Put>(),
    function::<roles::default_policy::Put>(),
    function::<approvals::list::List>(),
    function::<approvals::decide::Decide>(),
    function::<approvals::read::Read>(),
    function::<approvals::withdraw::Withdraw>(),
    function::<me::approvals::List>(),
    function::<rights::list::List>(),
    function::<contract::Read>(),
];

/// What works in the background.
pub static WORKERS: &[Worker] = &[
    mail::alerts::WORKER,
    mail::send::WORKER,
    mail::retry::WORKER,
    users::disable_inactive::WORKER,
];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<shared::auth::User>(),
    item::<shared::auth::Credential>(),
    item::<shared::auth::Session>(),
    item::<sessions::refresh::RefreshToken>(),
    item::<password_resets::PasswordToken>(),
    item::<password_resets::ResetRequests>(),
    item::<mail::MailItem>(),
    item::<shared::auth::Approval>(),
    item::<shared::rbac::Role>(),
    item::<roles::RoleVersion>(),
    item::<sign_ins::SignIn>(),
    item::<sign_ins::LastSignIn>(),
    item::<second_factors::SecondFactor>(),
    item::<shared::auth::dpop::UsedProof>(),
    item::<passkeys::Passkeys>(),
    item::<passkeys::PasskeyOwner>(),
    item::<passkeys::PasskeyRequest>(),
    item::<sessions::challenge::Challenge>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "identity",
    version: "1.2.0",
    about: "Users, sign-in, sessions, OAuth tokens, roles and verification keys.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};
