//! Which proxy leads to the API server: the one of the kubeconfig, or the one of the environment, which `NO_PROXY` may except the server from.
//!
//! As Go does it (`golang.org/x/net/http/httpproxy`). `kube` 5.0.0 holds `NO_PROXY` against the proxy instead.

use std::net::IpAddr;

use http::Uri;

use super::{Environment, variable};

/// The proxy that the kubeconfig names. `NO_PROXY` does not count for it (`client-go rest/config.go`).
pub(super) fn of_kubeconfig(written: &str) -> Result<Uri, String> {
    parse(written).ok_or_else(|| wrong("`proxy-url` of the cluster"))
}

/// The proxy that the environment names for this server.
pub(super) fn of_environment(server: &Uri, environment: &Environment<'_>) -> Result<Option<Uri>, String> {
    let is_encrypted = server.scheme_str() == Some("https");
    let names = if is_encrypted {
        ["HTTPS_PROXY", "https_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy"]
    };
    let Some((name, written)) = names
        .into_iter()
        .find_map(|name| Some((name, variable(environment, name)?)))
    else {
        return Ok(None);
    };
    let port = server.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
    let host = server.host().unwrap_or_default();
    let excepted = ["NO_PROXY", "no_proxy"]
        .into_iter()
        .find_map(|name| variable(environment, name))
        .is_some_and(|list| is_excepted(host, port, &list));
    if excepted || is_here(host) {
        return Ok(None);
    }
    let proxy = if written.contains("://") {
        parse(&written)
    } else {
        parse(&format!("http://{written}"))
    };
    proxy.map(Some).ok_or_else(|| wrong(&format!("the variable `{name}`")))
}

/// The address, unless the program cannot speak to it. `socks5h` is what Go does for `socks5`, too: the proxy looks the name up.
fn parse(written: &str) -> Option<Uri> {
    let (scheme, rest) = written.split_once("://")?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => "http",
        "https" => "https",
        "socks5" | "socks5h" => "socks5",
        _ => return None,
    };
    let uri: Uri = format!("{scheme}://{rest}").parse().ok()?;
    uri.host().is_some_and(|host| !host.is_empty()).then_some(uri)
}

/// The address is not shown: it may hold a password.
fn wrong(what: &str) -> String {
    format!("{what} is no address of a proxy: `http://`, `https://` or `socks5://` and a host are due")
}

fn is_here(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || address(host).is_some_and(|address| address.is_loopback())
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether a list such as `NO_PROXY` names the server. Entries that mean nothing are passed over.
fn is_excepted(host: &str, port: u16, list: &str) -> bool {
    let host = host.to_ascii_lowercase();
    list.split(',')
        .map(|entry| entry.trim().to_ascii_lowercase())
        .any(|entry| names(&entry, &host, port))
}

fn names(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    let address = address(host);
    if let Some((network, length)) = entry.split_once('/') {
        let (Ok(network), Ok(length)) = (network.parse(), length.parse()) else {
            return false;
        };
        return address.is_some_and(|address| is_in(address, network, length));
    }
    let (name, wanted_port) = match entry.rsplit_once(':') {
        // `::1` is an address, not a host with a port.
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, Some(port)),
        _ => (entry, None),
    };
    if wanted_port.is_some_and(|wanted| wanted.parse() != Ok(port)) {
        return false;
    }
    if let Some(named) = self::address(name) {
        return address == Some(named);
    }
    let name = name.strip_prefix('*').unwrap_or(name);
    match name.strip_prefix('.') {
        Some("") => false,
        Some(_) => host.ends_with(name),
        None => !name.is_empty() && (host == name || host.ends_with(&format!(".{name}"))),
    }
}

fn is_in(address: IpAddr, network: IpAddr, length: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if length <= 32 => {
            let differing = u32::from(address) ^ u32::from(network);
            differing.checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if length <= 128 => {
            let differing = u128::from(address) ^ u128::from(network);
            differing.checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn proxy(server: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(*value))
        };
        let proxy = of_environment(&server.parse().unwrap(), &environment)?;
        Ok(proxy.map(|uri| uri.to_string()))
    }

    #[test]
    fn no_proxy_is_held_against_the_server_as_go_does() {
        for (server, list, excepted) in [
            ("https://api.prod.example:6443", "prod.example", true),
            ("https://api.prod.example:6443", ".prod.example", true),
            ("https://prod.example", ".prod.example", false),
            ("https://prod.example", "*.prod.example", false),
            ("https://api.prod.example", "*.prod.example", true),
            ("https://prod.example", "PROD.example", true),
            ("https://notprod.example", "prod.example", false),
            ("https://prod.example:6443", "prod.example:6443", true),
            ("https://prod.example:6443", "prod.example:443", false),
            ("https://prod.example", "prod.example:443", true),
            ("https://10.1.2.3:6443", "10.0.0.0/8", true),
            ("https://11.1.2.3:6443", "10.0.0.0/8", false),
            ("https://10.1.2.3:6443", "10.1.2.3", true),
            ("https://10.1.2.3:6443", "0.0.0.0/0", true),
            ("https://10.1.2.3:6443", "10.1.2.3:6443", true),
            ("https://[fd00::1]:6443", "fd00::/8", true),
            ("https://[fd00::1]:6443", "fd00::1", true),
            ("https://[fd00::1]:6443", "[fd00::1]:6443", true),
            ("https://prod.example", " a , prod.example ", true),
            ("https://prod.example", "*", true),
            ("https://prod.example", "localhost,", false),
            ("https://prod.example", ".,10.0.0.0/99,:443,", false),
            // The proxy itself may be excepted; it is not what is asked for.
            ("https://prod.example", "proxy.example", false),
        ] {
            let variables = [("HTTPS_PROXY", "http://proxy.example:3128"), ("NO_PROXY", list)];
            let found = proxy(server, &variables).unwrap();
            assert_eq!(found.is_none(), excepted, "{server} {list}");
        }
    }

    #[test]
    fn the_environment_is_asked_by_the_scheme_of_the_server() {
        let both = [("https_proxy", "proxy:1"), ("HTTP_PROXY", "socks5h://proxy:2")];
        assert_eq!(
            proxy("https://a.example", &both),
            Ok(Some("http://proxy:1/".to_owned()))
        );
        assert_eq!(
            proxy("http://a.example", &both),
            Ok(Some("socks5://proxy:2/".to_owned()))
        );
        assert_eq!(proxy("https://127.0.0.1:6443", &both), Ok(None));
        assert_eq!(proxy("http://localhost:8080", &both), Ok(None));
        assert_eq!(proxy("https://a.example", &[("HTTPS_PROXY", "")]), Ok(None));
    }

    #[test]
    fn a_wrong_proxy_is_told_without_its_password() {
        let told = proxy("https://a.example", &[("HTTPS_PROXY", "ftp://me:hunter2@proxy")]).unwrap_err();
        assert!(told.contains("HTTPS_PROXY") && !told.contains("hunter2"), "{told}");
        let told = of_kubeconfig("me:hunter2@proxy").unwrap_err();
        assert!(!told.contains("hunter2"), "{told}");
    }
}
