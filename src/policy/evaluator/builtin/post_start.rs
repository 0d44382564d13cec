//! The postStart hook of a hot-upgraded container: the only thing that keeps the old proxy alive until the new one has taken over.

use crate::model::placeholder;
use crate::model::relations::SetFacts;
use crate::model::sidecar_set;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::{Entry, Node, NodeKind};

const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];
const LIFECYCLE: &str = "lifecycle";
const POST_START: &str = "postStart";
/// The fields of a lifecycle (`kubernetes core/v1 Lifecycle`); what is none of them is misspelt.
const HOOKS: [&str; 3] = [POST_START, "preStop", "stopSignal"];

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        for container in facts.set.hot_containers() {
            findings.extend(judge(policy, context, facts, container));
        }
    }
    findings
}

/// The field for which a hot-upgraded container has no postStart hook that works: misspelt, or beside its place. It is told here, and nowhere else.
pub(super) fn lost_field(container: Node<'_>) -> Option<(Node<'_>, Entry<'_>)> {
    let misplaced = || {
        let hook = container.at(&[LIFECYCLE, POST_START])?;
        let does_something = HANDLERS.iter().any(|handler| hook.get(handler).is_some());
        Some((hook, hook.entry("command").filter(|_| !does_something)?))
    };
    misspelt_hook(container).or_else(misplaced)
}

/// The misspelt field for which a hot-upgraded container has no postStart hook, with the mapping it stands in.
fn misspelt_hook(container: Node<'_>) -> Option<(Node<'_>, Entry<'_>)> {
    match container.get(LIFECYCLE) {
        None => Some((container, most_like(container, LIFECYCLE, &[])?)),
        Some(lifecycle) if lifecycle.get(POST_START).is_none() => {
            Some((lifecycle, most_like(lifecycle, POST_START, &HOOKS)?))
        }
        Some(_) => None,
    }
}

fn judge(policy: &Policy, context: Context<'_>, facts: &SetFacts<'_>, container: Node<'_>) -> Option<Finding> {
    let (object, set) = (facts.set.object, facts.set.name());
    let name = sidecar_set::container_name(container);
    let whose = format!("container `{name}` of SidecarSet `{set}`");
    let is_open = [LIFECYCLE, POST_START, "exec", "command"]
        .iter()
        .scan(Some(container), |node, key| {
            *node = node.and_then(|node| node.get(key));
            *node
        })
        .any(holds_placeholder);
    if is_open {
        return None;
    }
    let Some(lifecycle) = container.get(LIFECYCLE) else {
        if let Some((_, entry)) = misspelt_hook(container) {
            let message = format!(
                "{whose} is upgraded hot without a postStart hook: Kruise drops `{}`; did you mean `{LIFECYCLE}`?",
                entry.key()
            );
            return Some(Finding::at_key(policy, object, container, entry, message).labelled("no such field"));
        }
        let message = format!("{whose} is upgraded hot without a postStart hook that waits for the hand-over");
        let cause = container.at(&["upgradeStrategy", "upgradeType"])?;
        return Some(Finding::at(policy, object, cause, message).labelled("needs `lifecycle.postStart`"));
    };
    let Some(hook) = lifecycle.get(POST_START) else {
        if let Some((_, entry)) = misspelt_hook(container) {
            let message = format!(
                "{whose} is upgraded hot without a postStart hook: Kruise drops `{}`; did you mean `{POST_START}`?",
                entry.key()
            );
            return Some(Finding::at_key(policy, object, lifecycle, entry, message).labelled("no such hook"));
        }
        let message = format!("{whose} is upgraded hot without a postStart hook that waits for the hand-over");
        return Some(
            Finding::missing(policy, object, container, &[LIFECYCLE, POST_START], message)
                .labelled("no `postStart` here"),
        );
    };
    let does_something = HANDLERS.iter().any(|handler| hook.get(handler).is_some());
    let commands: Option<Vec<Node<'_>>> = hook.at(&["exec", "command"]).map(|command| command.items().collect());
    let is_empty_exec = hook.get("exec").is_some() && commands.as_ref().is_none_or(Vec::is_empty);
    if let Some(entry) = hook.entry("command").filter(|_| !does_something) {
        let message =
            format!("the postStart hook of {whose} does nothing: `command` stands beside `exec` and not below it");
        return Some(Finding::at_key(policy, object, hook, entry, message).labelled("belongs below `exec`"));
    }
    if !does_something || is_empty_exec {
        let message = format!("the postStart hook of {whose} does nothing, so nothing waits for the hand-over");
        return Some(
            Finding::missing(
                policy,
                object,
                container,
                &[LIFECYCLE, POST_START, "exec", "command"],
                message,
            )
            .labelled("no handler here"),
        );
    }
    if facts.mesh != Some(container) {
        return None;
    }
    let unknown = format!("nothing shows that the postStart hook of {whose} blocks until the new proxy has taken over");
    let Some(commands) = commands else {
        // A request that is answered says that something listens, not that the listeners were handed over.
        let handler = HANDLERS.iter().find_map(|handler| hook.entry(handler))?;
        return Some(
            Finding::at_key(policy, object, hook, handler, unknown)
                .labelled("none that is known to wait until the proxy is ready")
                .with_severity(policy.weaker()),
        );
    };
    let text = commands
        .into_iter()
        .map(|word| word.as_str().unwrap_or_default())
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ");
    if placeholder::find(&text).is_some()
        || context
            .profile
            .blocking_hooks
            .iter()
            .any(|known| waits_for(&text, known))
    {
        return None;
    }
    let exec = hook.get("exec")?;
    let entry = exec.entry("command")?;
    Some(
        Finding::at_entry(policy, object, exec, entry, unknown)
            .labelled(format!("no `{}`", context.profile.blocking_hooks.join("` or `")))
            .with_severity(policy.weaker()),
    )
}

/// Whether a command runs the one that blocks, and not in the background.
fn waits_for(command: &str, blocking: &str) -> bool {
    command.match_indices(blocking).any(|(at, _)| {
        let rest = command.get(at + blocking.len()..).unwrap_or_default();
        // `&&` runs on after it, `2>&1` and `&>` redirect; a single `&` sends it to the background.
        let plain = rest.replace("&&", "").replace(">&", "").replace("&>", "");
        let own = plain.split([';', '|']).next().unwrap_or_default();
        !own.contains('&')
    })
}

/// The entry whose key is most likely a misspelling of `meant`.
fn most_like<'t>(mapping: Node<'t>, meant: &str, known: &[&str]) -> Option<Entry<'t>> {
    mapping.entries().find(|entry| {
        let key = entry.key();
        !known.contains(&key)
            && (key.eq_ignore_ascii_case(meant)
                || strsim::jaro_winkler(&key.to_lowercase(), &meant.to_lowercase()) > 0.9)
    })
}

/// A field that a template fills in is not judged.
fn holds_placeholder(node: Node<'_>) -> bool {
    node.kind() == NodeKind::Text && node.as_str().is_some_and(|text| placeholder::find(text).is_some())
}
