//! How git names a content: by its hash, after a head that says what it is.

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Whether this is the name of an object that is a file or a link with this content.
///
/// The head is `blob`, the length and a NUL (Documentation/gitformat-pack and `hash-object` of git); a name of 40 digits is by SHA-1, one of 64
/// by SHA-256. Git itself takes what has the same name for the same.
pub(super) fn is_of(name: &str, content: &[u8]) -> bool {
    match name.len() {
        40 => is_hash::<Sha1>(name, content),
        64 => is_hash::<Sha256>(name, content),
        _ => false,
    }
}

fn is_hash<D: Digest>(name: &str, content: &[u8]) -> bool {
    let mut digest = D::new();
    digest.update(format!("blob {}\0", content.len()));
    digest.update(content);
    let hash = digest.finalize();
    let digit = |value: u8| char::from_digit(value.into(), 16);
    let digits = hash.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]);
    digits.flatten().eq(name.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `git hash-object --stdin` names it, with each of the two formats of a repository.
    #[test]
    fn a_content_has_the_name_that_git_gives_it() {
        for (content, name) in [
            ("", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
            ("a: 1\n", "a8926a52d8dcba5c4386945476ab6a2ad008afd4"),
            (
                "a: 1\n",
                "80d3735834c615c1ed161b8c218d42171f3247f20cfc07f033dee488cb7b98a9",
            ),
        ] {
            assert!(is_of(name, content.as_bytes()), "{name}");
            assert!(!is_of(name, b"a: 2\n"));
            assert!(!is_of(&name[1..], content.as_bytes()));
        }
    }
}
