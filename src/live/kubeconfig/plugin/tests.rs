//! Runs of credential plugins.
