//! End-to-end suites live in `it/`.
