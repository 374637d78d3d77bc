//! argon2id in memory that is kept: as many hashes at once as there are cores, each in a block of its own that the next one takes
//! over. Fresh memory for each would stay with the allocator, up to three blocks for every thread that ever hashed; more hashes at
//! once than cores take no less time and more memory (RFC 9106, section 4, leaves both to the implementation).

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        self, CustomizedPasswordHasher, PasswordHasher,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};
use zeroize::Zeroize;

/// The floor (OWASP Password Storage; RFC 9106, section 4): 19 MiB, two passes, one lane.
pub const MEMORY_KIB: u32 = 19_456;
/// Passes over it.
pub const PASSES: u32 = 2;
/// Lanes in it.
pub const LANES: u32 = 1;

/// Blocks of memory that nobody uses, and how many more may be made.
struct Memory {
    free: Vec<Vec<Block>>,
    more: usize,
}

/// Memory for hashes, shared by all threads.
static MEMORY: LazyLock<Mutex<Memory>> = LazyLock::new(|| {
    Mutex::new(Memory {
        free: Vec::new(),
        more: std::thread::available_parallelism().map_or(1, usize::from),
    })
});
static GIVEN_BACK: Condvar = Condvar::new();

/// Memory while a hash is made in it; wiped and given back when it is dropped.
struct Lease {
    blocks: Vec<Block>,
}

impl Lease {
    /// Takes memory, and waits for it while all cores hash.
    fn take() -> Self {
        let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(blocks) = memory.free.pop() {
                return Self { blocks };
            }
            if let Some(more) = memory.more.checked_sub(1) {
                memory.more = more;
                return Self { blocks: Vec::new() };
            }
            memory = GIVEN_BACK.wait(memory).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.iter_mut().for_each(Zeroize::zeroize);
        let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
        memory.free.push(blocks);
        GIVEN_BACK.notify_one();
    }
}

/// argon2id (RFC 9106) with the floor's parameters for new hashes, and with a hash's own for verifying it.
#[derive(Debug)]
pub struct Argon2id;

impl PasswordHasher<PasswordHash> for Argon2id {
    fn hash_password_with_salt(&self, password: &[u8], salt: &[u8]) -> password_hash::Result<PasswordHash> {
        let floor = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
        self.hash_password_customized(password, salt, None, None, floor)
    }
}

impl CustomizedPasswordHasher<PasswordHash> for Argon2id {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> password_hash::Result<PasswordHash> {
        let algorithm = algorithm.map_or(Ok(Algorithm::Argon2id), Algorithm::try_from)?;
        let version = version.map_or(Ok(Version::V0x13), Version::try_from)?;
        let salt = Salt::new(salt)?;
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..length).ok_or(password_hash::Error::OutputSize)?;
        let named = ParamsString::try_from(&params)?;
        let mut memory = Lease::take();
        memory.blocks.resize(params.block_count(), Block::default());
        Argon2::new(algorithm, version, params).hash_password_into_with_memory(
            password,
            &salt,
            output,
            &mut memory.blocks,
        )?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: named,
            salt: Some(salt),
            hash: Some(Output::new(output)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::PasswordVerifier;

    #[test]
    fn it_hashes_as_the_crate_does_in_memory_that_was_used_before() {
        let floor = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap();
        let other = Argon2::new(Algorithm::Argon2id, Version::V0x13, floor);
        for n in 0..4_u8 {
            let own = Argon2id.hash_password_with_salt(&[n; 32], &[n; 16]).unwrap();
            assert_eq!(own, other.hash_password_with_salt(&[n; 32], &[n; 16]).unwrap());
            assert!(Argon2id.verify_password(&[n; 32], &own).is_ok());
            assert!(Argon2id.verify_password(&[n + 1; 32], &own).is_err());
        }
    }

    #[test]
    fn a_hash_is_verified_with_its_own_parameters() {
        let smaller = Params::new(64, 3, 2, Some(24)).unwrap();
        let other = Argon2::new(Algorithm::Argon2i, Version::V0x10, smaller);
        let hash = other.hash_password_with_salt(b"password", &[7; 16]).unwrap();
        assert!(Argon2id.verify_password(b"password", &hash).is_ok());
        assert!(Argon2id.verify_password(b"passwort", &hash).is_err());
    }

    #[test]
    fn memory_is_as_much_as_there_are_cores_and_wiped_when_it_is_free() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for n in 0..4 * u8::try_from(cores).unwrap() {
                scope.spawn(move || Argon2id.hash_password_with_salt(&[n; 32], &[n; 16]).unwrap());
            }
        });
        // Others may hash at this moment: all there is, is taken, and so waited for.
        let leases: Vec<Lease> = (0..cores).map(|_| Lease::take()).collect();
        let memory = MEMORY.lock().unwrap();
        assert_eq!((memory.free.len(), memory.more), (0, 0));
        drop(memory);
        for lease in &leases {
            let words = lease.blocks.iter().flat_map(|b| b.as_ref());
            assert!(words.copied().all(|word| word == 0));
        }
    }
}
