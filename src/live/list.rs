//! Lists, page by page.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::discovery::segment;
use super::reader::{Reader, Refusal};

/// Objects of one page, as kubectl asks for them.
const PAGE: usize = 500;

/// Pages of one list. 10,000 of them hold five million objects.
const PAGES: usize = 10_000;

/// One page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    #[serde(default)]
    pub(super) metadata: PageMetadata,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) items: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PageMetadata {
    #[serde(rename = "continue")]
    next: Option<String>,
    /// How many objects are left, as far as the server tells.
    pub(super) remaining_item_count: Option<u64>,
}

/// Go writes an empty list as null.
fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What whoever takes the pages wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Page,
    Nothing,
}

/// Which objects, and in which form.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) accept: &'static str,
    pub(super) label_selector: Option<String>,
    pub(super) field_selector: Option<String>,
}

impl Query {
    fn address(&self, collection: &str, further: &[(&str, &str)]) -> String {
        let selectors = [
            ("labelSelector", self.label_selector.as_deref()),
            ("fieldSelector", self.field_selector.as_deref()),
        ];
        let selectors = selectors.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let pairs: Vec<String> = selectors
            .chain(further.iter().copied())
            .map(|(key, value)| format!("{key}={}", segment(value)))
            .collect();
        if pairs.is_empty() {
            collection.to_owned()
        } else {
            format!("{collection}?{}", pairs.join("&"))
        }
    }
}

/// Reads a list page by page, for as long as `take` wants pages. When the pages are gone (410), it begins once more; `take` is told by
/// the first argument that what it has is void.
pub(super) async fn pages(
    reader: &Reader,
    collection: &str,
    query: &Query,
    mut take: impl FnMut(bool, Page) -> Next,
) -> Result<(), Refusal> {
    let limit = PAGE.to_string();
    let mut next: Option<String> = None;
    let mut has_begun_anew = false;
    let mut is_first = true;
    for _ in 0..PAGES {
        let mut further = vec![("limit", limit.as_str())];
        if let Some(next) = &next {
            further.push(("continue", next));
        }
        match reader
            .get::<Page>(&query.address(collection, &further), query.accept)
            .await
        {
            Ok(page) => {
                let following = page.metadata.next.clone().filter(|next| !next.is_empty());
                let wants = take(is_first, page);
                is_first = false;
                if following.is_none() || wants == Next::Nothing {
                    return Ok(());
                }
                next = following;
            }
            Err(Refusal::Expired) if next.is_some() && !has_begun_anew => {
                has_begun_anew = true;
                next = None;
                is_first = true;
            }
            Err(refusal) => return Err(refusal),
        }
    }
    Err(Refusal::Other(format!("{collection} does not end")))
}

/// All objects of a list, page by page.
pub(super) async fn all(reader: &Reader, collection: &str, query: &Query) -> Result<Vec<Value>, Refusal> {
    let mut objects = Vec::new();
    let take = |is_first: bool, page: Page| {
        if is_first {
            objects.clear();
        }
        objects.extend(page.items);
        Next::Page
    };
    pages(reader, collection, query, take).await?;
    Ok(objects)
}

/// All objects of a list in one answer, as the server remembers them: a little old perhaps, and cheap, since nothing is read from etcd.
/// With a limit the server would not take it from its memory. Of each only the metadata are kept.
pub(super) async fn remembered(reader: &Reader, collection: &str, query: &Query) -> Result<Vec<Value>, Refusal> {
    #[derive(Deserialize)]
    struct Whole {
        #[serde(default, deserialize_with = "nullable")]
        items: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        metadata: Metadata,
    }
    let address = query.address(collection, &[("resourceVersion", "0")]);
    let whole: Whole = reader.get(&address, query.accept).await?;
    let items = whole.items.into_iter();
    Ok(items
        .map(|item| {
            Value::Object(Map::from_iter([(
                "metadata".to_owned(),
                Value::Object(item.metadata.0),
            )]))
        })
        .collect())
}

/// Metadata without `managedFields`, which are most of them, and are dropped while they are read: there may be tens of thousands of objects.
struct Metadata(Map<String, Value>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Metadata;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("metadata")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Metadata, A::Error> {
                let mut kept = Map::new();
                while let Some(key) = entries.next_key::<String>()? {
                    if key == "managedFields" {
                        entries.next_value::<IgnoredAny>()?;
                    } else {
                        kept.insert(key, entries.next_value()?);
                    }
                }
                Ok(Metadata(kept))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
