//! Cases made by rule and by chance, the same ones in every run.

use super::cases::{Case, HEAD, SCALARS, hand_made};

/// `SplitMix64` (Steele, Lea and Flood, 2014): small, and the same on every machine.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 when there is none.
    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap();
        usize::try_from(self.next() % limit).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Where a value can stand; `@` is its place.
const POSITIONS: &[&str] = &[
    "v:\n- @\n- z\n",
    "v: [@]\n",
    "v: [a, @, b]\n",
    "v: {a: @}\n",
    "v: {a: @, b: c}\n",
    "@: v\n",
    "v:\n  @: w\n  a: b\n",
    "v: {@: w}\n",
    "v:\n  ? @\n  : w\n",
    "v:\n  a:\n    @\n",
    "v: &a @\nw: *a\n",
    "v: @ # c\n",
    "v:\n  - - @\n    - w: @\n",
];

pub fn scalars_in_positions() -> Vec<Case> {
    POSITIONS
        .iter()
        .flat_map(|position| {
            SCALARS
                .iter()
                .map(|value| format!("{HEAD}{}", position.replace('@', value)))
        })
        .enumerate()
        .map(|(index, text)| Case::new(format!("scalar in position {index}"), text))
        .collect()
}

const MANIFESTS: &[&str] = &[
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: &labels\n    app: web\n    version: \"1.10\"\nspec:\n  \
     replicas: 2\n  selector:\n    matchLabels: *labels\n  template:\n    metadata:\n      labels:\n        <<: *labels\n        \
     tier: front\n    spec:\n      containers:\n      - name: app\n        image: nginx:1.25 # pinned\n        command: [\"sh\", \
     -c, 'echo it''s up']\n        ports:\n        - {containerPort: 8080, name: http}\n        env:\n        - name: MODE\n          \
     value: \"yes\"\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mesh\ndata:\n  mesh: |-\n    accessLogFile: /dev/stdout\n\n    defaultConfig:\n      \
     proxyMetadata: {}\n  note: >\n    several lines\n    folded\n\n    and more\n  key with spaces: \"a\\tb\\u00e9\"\n  0644: '0644'\n  on: off\n",
    "# SidecarSet\napiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata:\n  name: proxy\nspec:\n  selector:\n    matchExpressions:\n      \
     - key: mesh\n        operator: In\n        values:\n          - \"on\"\n          - enabled\n  updateStrategy:\n    type: RollingUpdate\n    \
     partition: 50%\n    maxUnavailable: 10%\n  containers:\n    - name: istio-proxy\n      image: registry.example.org/proxy:1.18\n      \
     upgradeStrategy:\n        upgradeType: HotUpgrade\n        hotUpgradeEmptyImage: registry.example.org/empty:1\n      volumeMounts: [{name: a, \
     mountPath: /etc/a}, {name: b, mountPath: /etc/b, readOnly: true}]\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: mesh}\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"Service\",\n \"metadata\": {\"name\": \"web\", \"labels\": {\"a\": \"b\"}},\n \"spec\": {\"ports\": [{\"port\": 80, \
     \"targetPort\": 8080.0}], \"x\": [1e3, true, null, \"\\u00e9\"]}}\n",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  data: {a: !!binary aGVsbG8=, b: !!str 5}\n- apiVersion: v1\n  kind: Pod\n  \
     metadata:\n    annotations:\n      ? long\n      : |+\n        text\n\n      'quoted\n        twice': x\n",
];

/// What damage is done with.
#[rustfmt::skip]
const BITS: &[&str] = &[
    " ", "  ", "\t", "\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{feff}", "\u{a0}", ":", ": ", ":\n", "- ", "-\n", "-", "? ", "?", "[",
    "]", "{", "}", ",", ", ", "#", " #", "# c\n", "&a", "&a ", "*a", "*a ", "*labels", "<<: *a\n", "<<: ", "<<", "!", "! ", "!!str ", "!!int ",
    "!!float ", "!!binary ", "!!null ", "!!bool ", "!!timestamp ", "!!merge ", "!<tag:yaml.org,2002:str> ", "!foo ", "!!", "!a!b ", "!%41 ", "|",
    ">", "|-", ">+", "|2", "|-1", ">1-", "|0", "|\n", ">\n", "|+\n", "'", "''", "\"", "\\", "\\\n", "\\n", "\\/", "\\u0041", "\\ud83d", "\\x41",
    "\\L", "\\'", "\\z", "%", "%YAML 1.1\n", "%TAG ! x\n", "@", "`", "---", "---\n", "\n---\n", "...", "\n...\n", "--- ", "--- a\n", "----\n",
    "yes", "~", "0644", "1e3", ".5", ".1_5", "1.", "1e400", ".inf", "08", "18446744073709551615", "1e21", "-0", "=", "a", "b: ", "a: 1",
    "\na: 2\n", "\n  c: d\n", "\n- e\n", "\n  - f\n", "\u{1F600}", "\u{e9}", "\u{fffd}", "\u{fffe}", "\u{7f}", "\u{1}", "\0", "\u{9f}",
];

fn damage(chance: &mut Chance, base: &[u8]) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len() + 1).min(bytes.len());
        let after = (at + 1 + chance.below(6)).min(bytes.len());
        match chance.below(10) {
            0..=4 => {
                let bit = chance.pick(BITS);
                bytes.splice(at..at, bit.bytes());
            }
            5 => drop(bytes.drain(at..after)),
            6 => {
                let bit = chance.pick(BITS);
                bytes.splice(at..after, bit.bytes());
            }
            7 => move_line(chance, &mut bytes),
            8 => indent(chance, &mut bytes),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(chance.below(256)).unwrap();
                }
            }
        }
    }
    bytes
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn move_line(chance: &mut Chance, bytes: &mut Vec<u8>) {
    let mut lines = lines(bytes);
    if lines.is_empty() {
        return;
    }
    let from = chance.below(lines.len());
    let line = if chance.one_in(2) {
        lines.remove(from)
    } else {
        lines[from].clone()
    };
    let to = chance.below(lines.len() + 1).min(lines.len());
    lines.insert(to, line);
    *bytes = lines.concat();
}

fn indent(chance: &mut Chance, bytes: &mut Vec<u8>) {
    let mut lines = lines(bytes);
    let from = chance.below(lines.len());
    let count = 1 + chance.below(4);
    for line in lines.iter_mut().skip(from).take(count) {
        match chance.below(5) {
            0 => line.insert(0, b'\t'),
            1 | 2 => line.insert(0, b' '),
            _ => {
                if line.first() == Some(&b' ') {
                    line.remove(0);
                }
            }
        }
    }
    *bytes = lines.concat();
}

pub fn damaged_manifests(count: usize) -> Vec<Case> {
    let mut chance = Chance::new(1);
    let small: Vec<Vec<u8>> = hand_made()
        .into_iter()
        .map(|case| case.bytes)
        .filter(|bytes| bytes.len() < 400)
        .collect();
    (0..count)
        .map(|index| {
            let base = if chance.one_in(3) {
                small[chance.below(small.len())].clone()
            } else {
                chance.pick(MANIFESTS).as_bytes().to_vec()
            };
            Case::new(format!("damaged manifest {index}"), damage(&mut chance, &base))
        })
        .collect()
}

/// A node in block form, from behind the colon or dash that it belongs to. It ends with a line end.
fn node(chance: &mut Chance, indent: usize, depth: usize) -> String {
    let pad = " ".repeat(indent);
    let deeper = indent + 1 + chance.below(3);
    let mut text = String::new();
    let kind = if depth == 0 {
        4 + chance.below(2)
    } else {
        chance.below(7)
    };
    match kind {
        0 | 1 => {
            text.push_str(chance.pick(&["", "", "", "", " &a", " !!map", " # c", " !t"]));
            text.push('\n');
            for key in ["a", "b", "c"].iter().take(1 + chance.below(3)) {
                let odd = [
                    "1", "on", "1.5", "\"q\"", "<<", "*a ", "&k k", "!!str 1", "? x\n", "[a]", "a b", "~", "",
                ];
                let key = if chance.one_in(8) { chance.pick(&odd) } else { key };
                let colon = if chance.one_in(12) { " :" } else { ":" };
                let value = node(chance, deeper, depth - 1);
                let space = if value.starts_with(['\n', ' ']) { "" } else { " " };
                text.push_str(&format!("{pad}{key}{colon}{space}{value}"));
            }
        }
        2 | 3 => {
            text.push_str(chance.pick(&["", "", "", " &b", " !s"]));
            text.push('\n');
            let pad = " ".repeat(indent.saturating_sub(chance.below(2)));
            for _ in 0..=chance.below(3) {
                let value = node(chance, deeper, depth - 1);
                let dash = if chance.one_in(10) { "- -" } else { "-" };
                let space = if value.starts_with(['\n', ' ']) { "" } else { " " };
                text.push_str(&format!("{pad}{dash}{space}{value}"));
            }
        }
        4 => {
            text.push_str(SCALARS[chance.below(SCALARS.len())]);
            text.push_str(chance.pick(&["\n", "\n", "\n", " # c\n", "\r\n", "\t\n"]));
        }
        5 => {
            text.push_str(chance.pick(&["a", "b c", "'d'", "\"e\"", "1", "yes", "~", "f\n       g"]));
            text.push('\n');
        }
        _ => {
            text.push_str(&flow(chance, 2));
            text.push('\n');
        }
    }
    text
}

fn flow(chance: &mut Chance, depth: usize) -> String {
    let leaf = [
        "a",
        "1",
        "\"x\"",
        "'y'",
        "~",
        "*a",
        "&a z",
        "!!str 1",
        "a b",
        "x?y",
        "-",
        "a#b",
        "http://a:b",
        "",
        "a\n  b",
        "-1",
        ":x",
        "?x",
    ];
    if depth == 0 {
        return chance.pick(&leaf).to_owned();
    }
    let count = chance.below(4);
    match chance.below(3) {
        0 => {
            let mut text = "[".to_owned();
            for _ in 0..count {
                text.push_str(&flow(chance, depth - 1));
                text.push_str(chance.pick(&[", ", ", ", ", ", ",", " , ", ",\n", ", # c\n ", ",\n\t", ": "]));
            }
            text + "]"
        }
        1 => {
            let mut text = "{".to_owned();
            for _ in 0..count {
                text.push_str(chance.pick(&[
                    "a", "b", "c", "\"b\"", "? c", "1", "on", "*a", "[x]", "a\nb", "&a k", "", "'s'",
                ]));
                text.push_str(chance.pick(&[": ", ": ", ": ", ":", " : ", "", ":\n", " :\t"]));
                text.push_str(&flow(chance, depth - 1));
                text.push_str(chance.pick(&[", ", ", ", ",", ",\n  ", ",\n", " # x\n,"]));
            }
            text + "}"
        }
        _ => chance.pick(&leaf).to_owned(),
    }
}

pub fn random_texts(count: usize) -> Vec<Case> {
    let mut chance = Chance::new(2);
    (0..count)
        .map(|index| {
            let head = chance.pick(&[
                HEAD,
                HEAD,
                HEAD,
                "---\nkind: A\n",
                "# c\nkind: A\n",
                "\u{feff}kind: A\n",
                "kind: A\r",
            ]);
            let mut text = head.to_owned();
            for key in ["v", "w"].iter().take(1 + chance.below(2)) {
                let value = node(&mut chance, 2, 3);
                let space = if value.starts_with(['\n', ' ']) { "" } else { " " };
                text.push_str(&format!("{key}:{space}{value}"));
            }
            text.push_str(chance.pick(&[
                "",
                "",
                "",
                "...\n",
                "...\ngarbage [\n",
                "---\nkind: B\n",
                "z: 1",
                "# end",
            ]));
            let bytes = if chance.one_in(4) {
                damage(&mut chance, text.as_bytes())
            } else {
                text.into_bytes()
            };
            Case::new(format!("random text {index}"), bytes)
        })
        .collect()
}
