//! The SAM templates.
