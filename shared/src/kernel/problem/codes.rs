//! The codes of problems: each with its status and what it means. Clients act on codes, so none changes its meaning.
//!
//! What the road itself refuses with follows from an endpoint's declaration; what its handler refuses with it declares by
//! `Declaration::refuses`.

use crate::kernel::shape::{Choices, Shape, Shaped};

/// Why a call is refused, or fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Stable, machine-readable.
    pub code: &'static str,
    /// What it means.
    pub about: &'static str,
}

macro_rules! codes {
    ($($name:ident = $status:literal, $code:literal, $about:literal;)*) => {
        $(#[doc = $about] pub const $name: Refusal = Refusal { status: $status, code: $code, about: $about };)*

        /// Every code.
        pub static ALL: &[Refusal] = &[$($name),*];
    };
}

codes! {
    MALFORMED_JSON = 400, "malformed_json", "The body is no JSON, or a name stands twice in it.";
    INVALID_UTF8 = 400, "invalid_utf8", "The body is not UTF-8.";
    TOO_DEEP = 400, "too_deep", "The body nests too deep.";
    MALFORMED_XML = 400, "malformed_xml", "The envelope is no XML that is taken.";
    MALFORMED_ENVELOPE = 400, "malformed_envelope", "The XML is no SOAP envelope with one operation in its body.";
    VERSION_MISMATCH = 400, "version_mismatch", "The envelope is of neither SOAP 1.1 nor SOAP 1.2.";
    MUST_UNDERSTAND = 400, "must_understand", "A header must be understood and is not known.";
    ACTION_MISMATCH = 400, "action_mismatch", "The SOAP action names another operation than the body.";
    UNKNOWN_OPERATION = 400, "unknown_operation", "There is no such operation.";
    INVALID_SECURITY = 400, "invalid_security", "The security header is missing, stands twice, or is malformed.";
    INVALID_SECURITY_TOKEN = 400, "invalid_security_token", "The username token is malformed (WS-Security, UsernameToken Profile).";
    UNSUPPORTED_SECURITY_TOKEN = 400, "unsupported_security_token", "The security header holds something else than a username token and a timestamp.";
    UNEXPECTED_QUERY = 400, "unexpected_query", "The call takes a body and no query.";
    UNEXPECTED_BODY = 400, "unexpected_body", "The call takes no body.";
    REPEATED_PARAMETER = 400, "repeated_parameter", "A parameter stands twice.";
    BAD_IDEMPOTENCY_KEY = 400, "bad_idempotency_key", "The Idempotency-Key cannot be read, or there are two.";
    IDEMPOTENCY_KEY_REQUIRED = 400, "idempotency_key_required", "The call takes effect outside, so it needs an Idempotency-Key.";
    ACCESS_REASON_REQUIRED = 400, "access_reason_required", "The tenant wants to know why sensitive data is read: send X-Access-Reason.";
    BAD_CURSOR = 400, "bad_cursor", "The cursor does not belong to this list.";
    UNAUTHENTICATED = 401, "unauthenticated", "Not signed in, or the token is not valid any more.";
    INSUFFICIENT_AUTHENTICATION = 401, "insufficient_user_authentication", "The sign-in is older than ten minutes (RFC 9470).";
    INVALID_DPOP_PROOF = 401, "invalid_dpop_proof", "The token is bound to a key, and the proof of it is missing, spent or wrong (RFC 9449).";
    FAILED_AUTHENTICATION = 401, "failed_authentication", "The client is unknown, may not call over SOAP, or its digest or password is wrong, or its nonce was used.";
    MESSAGE_EXPIRED = 401, "message_expired", "The message was created too long ago, or is from the future.";
    FORBIDDEN = 403, "forbidden", "The right is missing, or its filter does not cover the object.";
    TENANT_SUSPENDED = 403, "tenant_suspended", "The tenant is suspended.";
    NETWORK_NOT_ALLOWED = 403, "network_not_allowed", "The caller's address is in none of the networks that may call.";
    PASSWORD_CHANGE_REQUIRED = 403, "password_change_required", "The session may do nothing but change the password.";
    SECOND_FACTOR_REQUIRED = 403, "second_factor_required", "The session may do nothing but enrol a second factor.";
    APPROVAL_REFUSED = 403, "approval_refused", "A second person has refused the call.";
    NOT_FOUND = 404, "not_found", "There is no such object, or it is another tenant's.";
    APPROVAL_NOT_FOUND = 404, "approval_not_found", "There is no such approval of the caller.";
    CONFLICT = 409, "conflict", "The object was changed meanwhile; try again.";
    MONTH_CLOSED = 409, "month_closed", "The books of this month are closed.";
    IDEMPOTENCY_KEY_IN_FLIGHT = 409, "idempotency_key_in_flight", "A call with this Idempotency-Key is still running.";
    SECRET_NOT_REPEATED = 409, "secret_not_repeated", "The answer under this Idempotency-Key held a secret and is not given twice.";
    APPROVAL_MISMATCH = 409, "approval_mismatch", "The approval was given for another call.";
    APPROVAL_PENDING = 409, "approval_pending", "A second person has not decided yet.";
    APPROVAL_USED = 409, "approval_used", "The approval has been used.";
    APPROVAL_EXPIRED = 409, "approval_expired", "The approval has expired.";
    APPROVAL_STALE = 409, "approval_stale", "What the call changes has been changed since it was asked for.";
    APPROVAL_WITHDRAWN = 409, "approval_withdrawn", "Who approved may no longer approve.";
    BODY_TOO_LARGE = 413, "body_too_large", "The body is too large.";
    UNSUPPORTED_MEDIA_TYPE = 415, "unsupported_media_type", "The media type is not supported.";
    NOT_HOME = 421, "not_home", "Another region takes this tenant's writes; the answer names it.";
    INVALID_INPUT = 422, "invalid_input", "Some fields are not acceptable; each is named.";
    IDEMPOTENCY_KEY_REUSED = 422, "idempotency_key_reused", "The Idempotency-Key was used with another body.";
    TOO_MANY_CALLS = 429, "too_many_calls", "Too many calls of the caller or the tenant.";
    INTERNAL = 500, "internal", "Something went wrong on our side.";
    UNAVAILABLE = 503, "unavailable", "A dependency did not answer; try again in a moment.";
    HOME_MOVING = 503, "home_moving", "The tenant is moving to another region; try again in a moment.";
    OUTCOME_PENDING = 503, "outcome_pending", "The outcome is not known yet; the same call under the same Idempotency-Key tells it later.";

    ALREADY_ENROLLED = 409, "already_enrolled", "A second factor is enrolled already.";
    ALREADY_LABELED = 409, "already_labeled", "The label is known as of that time, and says something else.";
    BUYER_COUNTRY_MISSING = 409, "buyer_country_missing", "The customer has no country, which tax depends on.";
    CUSTOMER_ERASED = 409, "customer_erased", "The customer has been erased.";
    EINVOICE_NOT_POSSIBLE = 409, "einvoice_not_possible", "The document has no such form: a rule of it does not hold; the answer names the rule.";
    EMAIL_TAKEN = 409, "email_taken", "A user of the tenant has this e-mail address.";
    EXTENDED = 409, "extended", "The request has been put off before.";
    HUMAN_REQUIRED = 403, "human_required", "Only a person may decide this.";
    INVALID_CLIENT = 401, "invalid_client", "The client did not authenticate (RFC 6749, section 5.2).";
    INVALID_DPOP_PROOF_AT_ISSUE = 400, "invalid_dpop_proof", "The proof of the key is missing, spent or wrong (RFC 9449).";
    INVALID_GRANT = 400, "invalid_grant", "The refresh token is unknown, spent or expired (RFC 6749, section 5.2).";
    INVALID_REQUEST = 400, "invalid_request", "The request of a token is malformed (RFC 6749, section 5.2).";
    INVALID_SCOPE = 400, "invalid_scope", "The scope is beyond what the holder has (RFC 6749, section 5.2).";
    NO_DOCUMENT = 409, "no_document", "There is no document, as nobody had said who sells when it was issued.";
    NO_PAYMENT_METHOD = 422, "no_payment_method", "The customer has no default payment method.";
    NO_SUCH_CHECKPOINT = 404, "no_such_checkpoint", "There is no checkpoint of this size.";
    NOT_RECTIFIED = 409, "not_rectified", "The customer has not been changed since the request.";
    NOT_SEALED_YET = 409, "not_sealed_yet", "No signed checkpoint covers the entry yet.";
    ORIGIN_REFUSED = 403, "origin_refused", "The call does not come from the platform's own pages.";
    OWN_ACCOUNT = 403, "own_account", "Nobody may do this to their own account.";
    OWN_REQUEST = 403, "own_request", "Who asked for an approval does not decide about it.";
    PASSKEY_REFUSED = 422, "passkey_refused", "The passkey does not fit what was asked.";
    PASSKEY_REGISTERED = 409, "passkey_registered", "The passkey is registered.";
    PASSWORD_REFUSED = 403, "password_refused", "The current password is wrong, or the account is locked.";
    PAYMENT_PENDING = 409, "payment_pending", "A payment of the invoice has no outcome yet.";
    PEOPLE_ONLY = 403, "people_only", "Only a person can do this.";
    PORTAL_SESSION_OVER = 401, "portal_session_over", "The portal's session is over.";
    PREVIEW_DIFFERS = 409, "preview_differs", "What would be issued differs from what was previewed.";
    PROCESSING_RESTRICTED = 409, "processing_restricted", "Processing of the customer's data is restricted (GDPR art. 18).";
    PURGE_RUNNING = 409, "purge_running", "Another purge is running.";
    REVIEW_CLAIMED = 409, "review_claimed", "Somebody else looks at the review; their claim holds for an hour.";
    ROLE_EXCEEDS_YOURS = 403, "role_exceeds_yours", "The role grants what the caller does not hold.";
    ROTATION_RUNNING = 409, "rotation_running", "Another rotation is running.";
    SECOND_FACTOR_NOT_SHOWN = 403, "second_factor_not_shown", "The second factor was not shown at the sign-in.";
    SECOND_FACTOR_REFUSED = 401, "second_factor_refused", "The challenge is unknown, used or expired, or the code is wrong.";
    SIGN_IN_REFUSED = 401, "sign_in_refused", "The name or the password is wrong, or the account is locked.";
    SUBJECT_KEY_TAKEN = 409, "subject_key_taken", "Another call has just made the object's key; try again.";
    TAX_RATE_MISSING = 409, "tax_rate_missing", "The tax settings have no rate for what is sold, there and on that day; the answer says which.";
    TOKEN_REFUSED = 400, "token_refused", "The code is unknown, used or expired.";
    TOO_MANY_GRANTS = 409, "too_many_grants", "The customer has something left of as many grants as there may be.";
    TOO_MANY_GUESSES = 429, "too_many_guesses", "The caller has stored too many numbers today that look the same where they are shown.";
    TOO_MANY_LISTS = 409, "too_many_lists", "The tenant has as many lists as it may.";
    TOO_MANY_PASSKEYS = 409, "too_many_passkeys", "The user has as many passkeys as they may.";
    TOO_MANY_WEBHOOKS = 409, "too_many_webhooks", "The tenant has as many webhooks as it may.";
    UNSUPPORTED_GRANT_TYPE = 400, "unsupported_grant_type", "The grant is neither client_credentials nor refresh_token.";
    UNSUPPORTED_TOKEN_TYPE = 400, "unsupported_token_type", "Tokens of this type cannot be revoked.";
    USAGE_EVENT_CHANGED = 409, "usage_event_changed", "An event of this source and id was counted that says something else; the answer says which of the batch.";
    VERSION_CONFLICT = 409, "version_conflict", "There is another version already; the answer says which.";
    WEBHOOK_DISABLED = 409, "webhook_disabled", "The webhook is disabled.";
    WRONG_STATE = 409, "wrong_state", "The object's state does not allow it; the answer says which it is in.";
    WRONG_VERSION = 409, "wrong_version", "The rules have another version; the answer says which.";
}

/// The shape of a code, which lists all that there are.
#[derive(Debug)]
pub struct ProblemCode;

impl Shaped for ProblemCode {
    fn shape() -> Shape {
        let mut values: Vec<_> = ALL.iter().map(|r| (r.code, r.about)).collect();
        // One code may stand for the same thing under two statuses.
        values.sort_by_key(|(code, _)| *code);
        values.dedup_by_key(|(code, _)| *code);
        Shape::Choice(Choices {
            name: "ProblemCode",
            about: "Why a call is refused or fails.",
            values,
            example: None,
        })
    }
}
