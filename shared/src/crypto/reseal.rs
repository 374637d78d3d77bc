//! Which fields of an item are sealed, and under whose key: said by each type, so that all of them can be found and
//! sealed anew.

use super::{Purpose, SubjectCipher, formats::field_key_version};
use crate::{
    kernel::{ids::TenantId, problem::Problem},
    store::{Attribute, Attrs, Item, Key, Sealed, Table, decode, patched},
};

/// The sealed fields of one item.
pub struct Seals<'a> {
    subject: String,
    purpose: Purpose,
    found: Vec<Seal<'a>>,
}

/// One sealed field.
pub(crate) struct Seal<'a> {
    pub(crate) field: String,
    pub(crate) subject: String,
    pub(crate) purpose: Purpose,
    pub(crate) sealed: &'a mut Sealed,
}

impl<'a> Seals<'a> {
    /// None yet; what follows is sealed under this subject's key for this purpose.
    #[must_use]
    pub fn of(subject: &str, purpose: Purpose) -> Self {
        Self {
            subject: subject.to_owned(),
            purpose,
            found: Vec::new(),
        }
    }
    /// What follows is sealed under the same subject's key for another purpose.
    pub fn under(&mut self, purpose: Purpose) -> &mut Self {
        self.purpose = purpose;
        self
    }
    /// What follows is sealed under another subject's key.
    pub fn whose(&mut self, subject: &str) -> &mut Self {
        subject.clone_into(&mut self.subject);
        self
    }
    /// A field, by the name that it was sealed with.
    pub fn field(&mut self, name: &str, sealed: &'a mut Sealed) -> &mut Self {
        self.found.push(Seal {
            field: name.to_owned(),
            subject: self.subject.clone(),
            purpose: self.purpose,
            sealed,
        });
        self
    }
    /// A field that may be absent.
    pub fn maybe(&mut self, name: &str, sealed: Option<&'a mut Sealed>) -> &mut Self {
        if let Some(sealed) = sealed {
            self.field(name, sealed);
        }
        self
    }
}

/// An item with sealed fields.
pub trait SealedItem: Item + Clone {
    /// All of them.
    fn seals(&mut self, tenant: &TenantId) -> Seals<'_>;
}

/// Where a sealed field is found, and under which version it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The field, by the name that it was sealed with.
    pub field: String,
    /// Whose key.
    pub subject: String,
    /// For which purpose.
    pub purpose: Purpose,
    /// Its version.
    pub version: u32,
}

/// Seals anew what is sealed for these purposes and subjects.
type Reseal = fn(&TenantId, &Attrs, &[(Purpose, &SubjectCipher)]) -> Result<Attrs, Problem>;

/// A kind of item with sealed fields, without its type.
#[derive(Clone, Copy)]
pub struct SealedKind {
    /// Part of the partition key.
    pub kind: &'static str,
    /// The table that the associated data name.
    pub table: Table,
    places: fn(&TenantId, &Attrs) -> Result<Vec<Place>, String>,
    reseal: Reseal,
}

/// The kind of a type.
#[must_use]
pub const fn sealed_kind<T: SealedItem>() -> SealedKind {
    SealedKind {
        kind: T::KIND,
        table: T::TABLE,
        places: places::<T>,
        reseal: reseal::<T>,
    }
}

impl SealedKind {
    /// Where an item of this kind is sealed.
    ///
    /// # Errors
    /// When it does not decode.
    pub fn places(&self, tenant: &TenantId, item: &Attrs) -> Result<Vec<Place>, String> {
        (self.places)(tenant, item)
    }
    /// The item with every field of these subjects sealed under their current version.
    ///
    /// # Errors
    /// 500 when a field does not open.
    pub fn reseal(
        &self,
        tenant: &TenantId,
        item: &Attrs,
        ciphers: &[(Purpose, &SubjectCipher)],
    ) -> Result<Attrs, Problem> {
        (self.reseal)(tenant, item, ciphers)
    }
}

fn places<T: SealedItem>(tenant: &TenantId, item: &Attrs) -> Result<Vec<Place>, String> {
    let mut item = decode::<T>(item.clone())?.item;
    let seals = item.seals(tenant).found;
    let place = |seal: Seal<'_>| {
        Ok(Place {
            version: field_key_version(&seal.sealed.0)
                .map_err(|e| format!("{} of a {}: {e}", seal.field, T::KIND))?,
            field: seal.field,
            subject: seal.subject,
            purpose: seal.purpose,
        })
    };
    seals.into_iter().map(place).collect()
}

fn reseal<T: SealedItem>(
    tenant: &TenantId,
    raw: &Attrs,
    ciphers: &[(Purpose, &SubjectCipher)],
) -> Result<Attrs, Problem> {
    let old = decode::<T>(raw.clone()).map_err(Problem::internal)?.item;
    let mut new = old.clone();
    let at = Key::sub::<T>(tenant, old.id(), &old.sort());
    for seal in new.seals(tenant).found {
        let cipher = ciphers
            .iter()
            .find(|(p, c)| *p == seal.purpose && c.subject() == seal.subject);
        if let Some((_, cipher)) = cipher
            && field_key_version(&seal.sealed.0) != Ok(cipher.current())
        {
            *seal.sealed = cipher.reseal(&at, T::KIND, &seal.field, seal.sealed)?;
        }
    }
    patched(raw, &old, &new).map_err(Problem::internal)
}

/// How many sealed fields an item holds, by the bytes alone: what a type forgets to say is found all the same.
#[must_use]
pub fn sealed_bytes(item: &Attrs) -> usize {
    fn count(value: &Attribute) -> usize {
        match value {
            Attribute::B(bytes) => usize::from(
                bytes.as_ref().first() == Some(&0xE1) && field_key_version(bytes.as_ref()).is_ok(),
            ),
            Attribute::L(list) => list.iter().map(count).sum(),
            Attribute::M(map) => map.values().map(count).sum(),
            _ => 0,
        }
    }
    item.values().map(count).sum()
}
