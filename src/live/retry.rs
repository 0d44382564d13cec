//! When a request is asked again, and after how long.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::connection::Patience;

/// How a server refuses a manifest in a server-side apply: a 500 that is not the server's fault (kube-apiserver v1.36.2, measured).
pub(super) const TYPED_REFUSAL: &str = "failed to create typed";

/// Whether an answer may be another one when it is asked for again.
pub(super) fn is_worth_a_retry(status: StatusCode, message: &str) -> bool {
    match status.as_u16() {
        429 | 502 | 503 | 504 => true,
        500 => !message.contains(TYPED_REFUSAL),
        _ => false,
    }
}

/// How long to wait before the next try, after so many; `what` is what is asked for, so that requests that fail together do not all
/// come back together. It does not hang on chance.
pub(super) fn wait(patience: &Patience, tries: u32, what: &str, asked_for: Option<Duration>) -> Duration {
    let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
    let ours = patience.first_wait.saturating_mul(doubled);
    let mut hasher = DefaultHasher::new();
    (what, tries).hash(&mut hasher);
    // Between one half and the whole of it.
    let share = u32::try_from(hasher.finish() % 512).unwrap_or(0) + 512;
    let ours = ours.saturating_mul(share) / 1024;
    asked_for
        .map_or(ours, |asked_for| asked_for.max(ours))
        .min(patience.longest_wait)
}

/// How long the server asks to wait, in seconds; a date is not read, as client-go does not (`rest/with_retry.go`).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    Some(Duration::from_secs(text.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_asked_again() {
        for status in [429, 500, 502, 503, 504] {
            assert!(is_worth_a_retry(StatusCode::from_u16(status).unwrap(), ""), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 410, 422, 501, 505] {
            assert!(!is_worth_a_retry(StatusCode::from_u16(status).unwrap(), ""), "{status}");
        }
        let typed = "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.x: field not declared in schema";
        assert!(!is_worth_a_retry(StatusCode::INTERNAL_SERVER_ERROR, typed));
    }

    #[test]
    fn waits_grow_obey_the_server_and_end() {
        let patience = Patience {
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(5),
            ..Patience::default()
        };
        let ours = |tries| wait(&patience, tries, "/api", None);
        assert!((50..=100).contains(&ours(1).as_millis()), "{:?}", ours(1));
        assert!((200..=400).contains(&ours(3).as_millis()), "{:?}", ours(3));
        assert_eq!(ours(40), patience.longest_wait);
        assert_eq!(ours(3), ours(3));
        assert!((1..=50).any(|tries| wait(&patience, 1, &tries.to_string(), None) != ours(1)));
        assert_eq!(
            wait(&patience, 1, "/api", Some(Duration::from_secs(2))),
            Duration::from_secs(2)
        );
        assert_eq!(
            wait(&patience, 1, "/api", Some(Duration::from_secs(3600))),
            patience.longest_wait
        );
    }
}
