//! Refusals of ceremonies.

/// Why a registration or an assertion is refused. Callers are told no more than that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client data are not what a client makes.
    ClientData,
    /// They are of another ceremony.
    Type,
    /// They answer another challenge.
    Challenge,
    /// They come from another origin, or from a frame in one.
    Origin,
    /// The authenticator's data are not what an authenticator makes.
    AuthenticatorData,
    /// They are for another relying party.
    RelyingParty,
    /// Nobody was there.
    NotPresent,
    /// Whoever was there was not verified.
    NotVerified,
    /// The attestation is of no format that is asked for, or does not hold.
    Attestation,
    /// The public key is of another algorithm, or none.
    Key,
    /// The signature is wrong.
    Signature,
}
