//! What the templates say.
