//! Tests of the whole kubeconfig.
