//! As whom a cluster is asked.

use checker::live::kubeconfig::{Impersonation, Wishes};
use checker::live::progress::Silent;

use super::cluster::{Content, asked, config_maps};

/// What every request said of who asks.
fn sent(user: &str, wishes: &Wishes) -> Vec<(String, String)> {
    let cluster = Content::new().config_maps(1).start();
    let connection = cluster.connection_as(user, wishes);
    let state = checker::live::read(&connection, &asked(&config_maps(1)), &Silent);
    assert_eq!(state.faults().next(), None);
    let requests = cluster.requests();
    let of = |index: usize| {
        let headers = requests[index].headers.iter();
        let headers = headers
            .filter(|(name, _)| *name == "authorization" || *name == "user-agent" || name.starts_with("impersonate-"));
        headers
            .flat_map(|(name, values)| values.iter().map(move |value| (name.clone(), value.clone())))
            .collect::<Vec<_>>()
    };
    assert!((0..requests.len()).all(|index| of(index) == of(0)));
    of(0)
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let agent = ("user-agent", concat!("checker/", env!("CARGO_PKG_VERSION")));
    let pairs = pairs.iter().chain([&agent]);
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_token_a_password_and_nothing_are_sent_as_they_are() {
    let nothing = Wishes::default();
    assert_eq!(
        sent("{token: abc}", &nothing),
        pairs(&[("authorization", "Bearer abc")])
    );
    assert_eq!(
        sent("{username: me, password: it}", &nothing),
        pairs(&[("authorization", "Basic bWU6aXQ=")])
    );
    assert_eq!(sent("{token: ''}", &nothing), pairs(&[]));
}

#[test]
fn every_group_of_an_impersonation_is_sent() {
    let wishes = Wishes {
        impersonation: Some(Impersonation {
            user: "robot".to_owned(),
            groups: vec!["one".to_owned(), "two".to_owned()],
            ..Impersonation::default()
        }),
        ..Wishes::default()
    };
    assert_eq!(
        sent("{token: abc}", &wishes),
        pairs(&[
            ("authorization", "Bearer abc"),
            ("impersonate-group", "one"),
            ("impersonate-group", "two"),
            ("impersonate-user", "robot"),
        ])
    );
}
