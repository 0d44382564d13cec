//! What server-side apply leaves behind, and the server then refuses: it takes away only what was applied before.

use serde_json::Value;

use super::{Outcome, Subject};
use crate::diff::change::Effect;
use crate::diff::differences::Difference;
use crate::diff::find;
use crate::diff::schema::shape::Merging;

/// The outcome of a change that makes an object with two things of which it may have one (kubernetes v1.36.3
/// `pkg/apis/apps/validation/validation.go`, `pkg/apis/core/validation/validation.go`).
pub(super) fn outcome(difference: &Difference, subject: &Subject<'_>) -> Option<Outcome> {
    if subject.merging != Some(Merging::ServerSide) {
        return None;
    }
    let path = &difference.path.0;
    let shapes = find::shapes(path, subject.shape);
    for (depth, shape) in shapes.iter().enumerate() {
        let value = || find::value(subject.after, &path[..depth], subject.shape).and_then(Value::as_object);
        match shape.name() {
            "apps.v1.DeploymentStrategy" => {
                let strategy = value()?;
                if strategy.get("type") == Some(&Value::from("Recreate")) && strategy.contains_key("rollingUpdate") {
                    return Some(Outcome::stopped(
                        Effect::Rejected,
                        "`rollingUpdate` stays, since it was never applied, and may not stand beside `type: Recreate`: write `rollingUpdate: null` with \
                         `kubectl apply`, or remove it from the live object once",
                    ));
                }
            }
            "core.v1.Volume" => {
                let sources: Vec<&str> = value()?
                    .keys()
                    .map(String::as_str)
                    .filter(|key| *key != "name")
                    .collect();
                if sources.len() > 1 {
                    return Some(Outcome::stopped(
                        Effect::Rejected,
                        format!(
                            "the volume would have several sources ({}): server-side apply takes away only what was applied before",
                            sources.join(", ")
                        ),
                    ));
                }
            }
            _ => {}
        }
    }
    None
}
