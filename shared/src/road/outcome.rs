//! What a handler decided: an answer, what changes with it, and how it is sent.

use crate::{
    kernel::{page::Page, problem::Problem},
    store::Changes,
};
use serde::Serialize;
use std::sync::{Arc, LazyLock};

/// What a handler decided.
pub struct Outcome<A> {
    /// The answer.
    pub answer: A,
    /// What changes with it.
    pub changes: Changes,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent instead of the answer as JSON.
    pub instead: Option<Instead>,
}

/// What is sent instead of an answer as JSON.
#[derive(Clone, Debug)]
pub enum Instead {
    /// A page, for a caller that prefers one.
    Page(Page),
    /// JSON that a process makes once, as it never changes.
    Text(Arc<str>),
    /// XML that is the same for everybody.
    Xml(Arc<str>),
}

/// JSON that is made once in a process.
pub type Text = LazyLock<Result<Arc<str>, String>>;

/// An answer as JSON, for a [`Text`].
///
/// # Errors
/// When it does not serialise.
pub fn text<A: Serialize>(answer: &A) -> Result<Arc<str>, String> {
    let text = serde_json::to_string(answer).map_err(|e| e.to_string())?;
    Ok(text.into())
}

impl<A> Outcome<A> {
    /// An answer that is the same for everybody and always. `empty` stands for it in types alone.
    ///
    /// # Errors
    /// 500 when it does not serialise.
    pub fn constant(empty: A, text: &Text) -> Result<Self, Problem> {
        let text = text.as_ref().map_err(|why| Problem::internal(why.clone()))?;
        Ok(Self::read(empty).text(text.clone()))
    }
    /// An answer that changes nothing.
    #[must_use]
    pub fn read(answer: A) -> Self {
        Self {
            answer,
            changes: Changes::new(),
            headers: Vec::new(),
            instead: None,
        }
    }
    /// An answer and its changes.
    #[must_use]
    pub fn changed(answer: A, changes: Changes) -> Self {
        Self {
            answer,
            changes,
            headers: Vec::new(),
            instead: None,
        }
    }
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
    /// The answer as a page, sent instead of JSON. Only where the declaration is `printable` and
    /// [`Context::wants_page`] says so; the audit entry holds the masked answer all the same.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.instead = Some(Instead::Page(page));
        self
    }
    /// JSON of this text, sent instead of the answer: something that is the same for everybody and always, so that the
    /// audit entry does not hold it.
    #[must_use]
    pub fn text(mut self, text: Arc<str>) -> Self {
        self.instead = Some(Instead::Text(text));
        self
    }
    /// XML of this text, as above.
    #[must_use]
    pub fn xml(mut self, text: Arc<str>) -> Self {
        self.instead = Some(Instead::Xml(text));
        self
    }
    /// Names the object that was read, for the audit entry.
    #[must_use]
    pub fn concerning(mut self, id: &str) -> Self {
        self.changes.object = Some(id.to_owned());
        self
    }
}
