//! The hand-made cases: one for each rule that we know of, and for each edge of one.

use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Case {
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
        }
    }
}

/// What every object begins with.
pub const HEAD: &str = "apiVersion: example.org/v1\nkind: Thing\n";

/// Plain scalars and what surrounds them, each as the value of a key.
#[rustfmt::skip]
pub const SCALARS: &[&str] = &[
    // Words.
    "yes", "Yes", "YES", "yEs", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N", "true", "True",
    "TRUE", "tRUE", "false", "False", "FALSE", "~", "null", "Null", "NULL", "nULL", "", "none", "None", "nan", "inf", "NaN",
    // Whole numbers.
    "0", "-0", "+0", "00", "01", "007", "08", "009", "0644", "-0644", "+0644", "0777777", "0o644", "0O644", "0o8", "0x1F", "0X1f",
    "0x", "0xg", "-0x10", "0b101", "0B101", "-0b11", "0b12", "0b-1", "0b+1", "0b--1", "-0b-1", "1_000", "1__0", "_1", "1_", "-_1",
    "0x_ff", "0_8", "0_7", "+1", "++1", "--1", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "18446744073709551615", "18446744073709551616", "+18446744073709551615",
    "123456789012345678901234567890", "0xFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFF", "0777777777777777777777777",
    // Other numbers.
    "1.", "1.0", "1.10", "1.5", ".5", "+.5", "-.5", ".", "..", ".5_0", ".1_5", "._5", ".5_", "1._5", "1_0.5", "1e3", "1E3", "1e+3",
    "1e-3", "1e", "e3", "1e3.5", ".e3", "1.e3", "1e400", "-1e400", ".5e400", "1e-400", "5e-324", "1e20", "1e21", "1e22", "-0.0",
    "0.1", "100000000000000000000.0", "1.7976931348623157e308", ".inf", ".Inf", ".INF", "-.inf", "+.inf", ".iNF", ".nan", ".NaN",
    ".NAN", "-.nan", "0x1p-2", "1,000", "1.2.3", "08.5", "0.0.0.0",
    // What other readers of YAML 1.1 take for something else.
    "12:30:45", "1:30", "2001-12-14", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "=", "<<", "100m", "1Gi",
    // Tags.
    "!!str 0644", "!!str", "!!str ~", "!!int 5", "!!int '5'", "!!int 5.0", "!!int abc", "!!int", "!!int 18446744073709551615",
    "!!float 3", "!!float 3.5", "!!float abc", "!!float 18446744073709551615", "!!bool yes", "!!bool 'yes'", "!!bool 1",
    "!!null ~", "!!null ''", "!!null x", "!!null [a]", "!!binary aGVsbG8=", "!!binary a-b", "!!binary gIGC", "!!binary 4oI=",
    "!!binary aGVs\n  bG8=", "!!binary ''", "!!timestamp 2001-12-14", "!!timestamp 2001-13-14", "!!timestamp 2001-1-2 3:4:5.6",
    "!!timestamp x", "!!merge <<", "!!merge x", "! 5", "! '5'", "!", "!foo bar", "!foo", "!foo {a: 1}", "!foo [1]", "!!set {a, b}",
    "!!omap [a: 1]", "!<tag:yaml.org,2002:int> 5", "!<tag:yaml.org,2002:str> 5", "!<!foo> 5", "!<> 5", "!<foo 5", "!!%69nt 5",
    "!%zz 5", "!a!b 5", "!foo,bar 5", "!foo]bar 5", "!foo{bar 5", "!!str &a 5", "&a !!str 5", "!!str !!str 5", "&a &b 5",
    // Quotes.
    "'a'", "'it''s'", "'a", "''", "'a\\n'", "\"a\\nb\"", "\"\\t\\\\\\\"\\/\"", "\"\\'\"", "\"\\x41\\u0042\\U00000043\"",
    "\"\\xZZ\"", "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\U00110000\"", "\"\\0\\a\\b\\e\\f\\n\\r\\t\\v\\N\\_\\L\\P\"", "\"\\q\"",
    "\"\\ \\\t\"", "\"a\\\n   b\"", "\"a\\\n\n   b\"", "\"a  \n   b\"", "\"a\n\n   b\"", "\"a\n   \\  b\"", "'a\n\n\n  b'",
    "\"a", "\"a\" b", "\"a\"#b", "\"a\" #b", "'a'b", "\"\"", "\"0644\"", "'yes'", "\"a\n--- b\"", "\"a\n...\n\"",
    // Plain scalars and their ends.
    "a b", "a  b", "a #b", "a#b", "a# b", "a:b", "a: b", "a :b", "a : b", "a:", ":a", ": a", "-a", "- a", "--", "---a", "?a", "? a",
    "%a", "@a", "`a", "a%", "[a", "]a", "{a", "}a", ",a", "a,b", "a, b", "#a", "|a", ">a", "&", "&a", "*", "*nope", "!a", "a\n  b",
    "a\n\n  b", "a\n  # c\n  b", "a # c\n  b", "a\n b\nc", "a\n  - b", "a\n  b: c", "http://a/b#c", "a\tb", "a \tb", "a\t#b",
    "\ta", "a\t", "\n  a", "\n\n    a\n  b", "\n  - a\n - b", "\n- a\n- b", "\n- a\n  - b", "{{ .a }}", "'{{ .a }}'", "${A}", "$$A$$",
    // Flow collections.
    "[]", "{}", "[ ]", "[a, b]", "[a, b,]", "[a,, b]", "[,]", "[a b, c]", "[a: b]", "[a: b, c]", "[a: b, c: d]", "[? a : b]",
    "[? a]", "[?]", "[? , a]", "[: a]", "[a :b]", "{a: 1, b: 2}", "{a: 1, b: 2,}", "{a}", "{a, b: 1}", "{a:1}", "{\"a\":1}", "{'a':1}",
    "{a: , b: }", "{: 1}", "{? a : 1}", "{? a, b}", "{a: [b, {c: d}]}", "[a\n, b]", "[a,\nb]", "[\na\n]", "{a\n: b}",
    "{a\n  b: c}", "{a:\n b}", "{\n  a: 1\n  }", "[a, # c\n b]", "[a #c\n]", "[a#c]", "[\t a,\tb\t]", "[\n\ta,\n\tb\n]", "{\n\ta: b\n}",
    "[a]]", "[a}", "{a: [}", "[a] b", "[a]: b", "{a: b}: c", "[- a]", "[-a]", "[-]", "[a, - b]", "[|]", "[@a]", "[a?b]", "[?a]",
    "[a, 'b\n  c', \"d\n e\"]", "{a: 1, a: 2}", "[*a]", "[&a a, *a]", "{&a a: *a}", "[http://a, b]", "[a:b]", "{a: b: c}", "[a, b: c]",
    // Block scalars.
    "|\n  a\n  b", "|\n  a\n\n  b\n\n", "|-\n  a\n\n", "|+\n  a\n\n", ">\n  a\n  b", ">\n  a\n\n  b", ">\n  a\n   b\n  c", ">-\n  a\n\n\n  b",
    ">+\n  a\n\n", "|2\n  a\n   b", "|2\n a", "|1\n  a", "|9\n          a", "|0\n  a", "|10\n  a", "|2-\n  a", "|-2\n  a\n\n", "|--\n a",
    "|+-\n a", "|22\n  a", "| # c\n  a", "|#c\n  a", "| a\n  b", "|", "|\n", ">", "|\n\n\n", "|+\n\n\n", "|\na", "|\n  \n    a\n  b",
    "|\n      \n  a", "|\n\ta", "|\n  \ta", "|\n  a\n\tb", "|\n  a\n # c\n", "|\n  # no comment\n  a", "|\n  ---\n", "|\n---\n  a", "|\n  a\r\n  b",
    "|\n  é\n  \u{1F600}", "|\r  a\r  b", ">\n\n  a", ">\n  - a\n  - b", "|\n  a: b\n  c", "&a |\n  x", "!!str |\n  1", "!!int |\n  1",
    // Line ends that editors do not show.
    "a\u{85}  b", "a\u{2028}  b", "a\u{2029}  b", "a # c\u{2028}  b: d", "a # c\u{85}w: d", "'a\u{85}  b'", "'a\u{2028}  b'", "\"a\u{2029}\u{2029} b\"",
    "|\u{85}  a\u{85}  b", "|\n  a\u{2028}  b", "[a,\u{2028}b]", ">\n  a\u{2028}  b\n  c", "a\u{2028}\u{85}  b", "a\u{a0}b", "\u{a0}",
    // Characters.
    "é", "\u{1F600}", "a\u{7f}", "a\u{1}", "\"\u{1b}\"", "a\0b", "\u{9f}", "\u{fffe}", "\u{ffff}", "\u{fffd}", "a\u{feff}b", "# \u{1}",
];

/// What stands behind [`HEAD`].
const BODIES: &[(&str, &str)] = &[
    ("duplicate keys", "v: 1\nv: 2\n"),
    ("duplicate keys deep", "v: {a: {b: 1}, a: {c: 2}}\n"),
    ("duplicate key in two writings", "v:\n  a: 1\n  \"a\": 2\n  'a': 3\n"),
    ("keys that become the same string", "v:\n  1: a\n  \"1\": b\n"),
    ("duplicate key hides what JSON cannot say", "v: .inf\nv: 1\n"),
    ("duplicate key hides a null key", "v: {~: 1}\nv: 1\n"),
    ("duplicate key does not hide a wrong tag", "v: !!int x\nv: 1\n"),
    ("duplicate key does not hide a list as key", "v: {[a]: 1}\nv: 1\n"),
    ("hidden number comes back by an alias", "v: &a .inf\nv: 1\nw: *a\n"),
    ("number as key", "v: {8080: a, 0644: b, 1_0: c, -1: d, +2: e}\n"),
    (
        "float as key",
        "v: {1.10: a, 1e7: b, 1.5e-7: c, .5: d, 1e400: e, 123456789.5: f, 1e39: g, -0.0: h}\n",
    ),
    ("infinity as key", "v: {.inf: a, -.inf: b, .nan: c}\n"),
    ("boolean as key", "v: {yes: a, n: b, off: c}\n"),
    ("number beyond 2^63 as key", "v: {9223372036854775808: a}\n"),
    ("number beyond 2^64 as key", "v: {18446744073709551616: a}\n"),
    ("null as key", "v: {~: a}\n"),
    ("nothing as key", "v:\n  : a\n"),
    ("empty string as key", "v: {'': a}\n"),
    ("date as key", "v: {2001-01-01: a, 12:30: b}\n"),
    (
        "tagged key",
        "v: {!!str 1: a, !foo yes: b, !!int '2': c, !!binary YQ==: d}\n",
    ),
    ("list as key", "v: {[a]: b}\n"),
    ("mapping as key", "v: {{a: b}: c}\n"),
    ("template as value", "v: {{ .Values.a }}\n"),
    ("anchored key", "v: {&k a: *k}\n"),
    ("alias as key", "v: &a x\nw: {*a : 1}\n"),
    ("alias without a space as key", "v: &a x\nw: {*a: 1}\n"),
    ("alias of a float as key", "v: &a 1e7\nw: {*a : 1}\n"),
    ("alias of a truth as key", "v: &a yes\nw: {*a : 1}\n"),
    ("alias of a list as key", "v: &a [x]\nw: {*a : 1}\n"),
    ("alias of null as key", "v: &a ~\nw: {*a : 1}\n"),
    ("alias of infinity as key", "w: {&a .inf : 1, b: {*a : 2}}\n"),
    ("alias of infinity as value", "w: {&a .inf : *a}\n"),
    ("complex key", "v:\n  ? a\n  : b\n  ? c\n"),
    ("complex key of lists", "v:\n  ? - a\n  : - b\n"),
    ("complex key over lines", "v:\n  ? |\n    a\n    b\n  : c\n"),
    ("complex key in a key", "v:\n  ? ? a\n    : b\n  : c\n"),
    ("complex key with a tab", "v:\n  ?\ta\n  :\tb\n"),
    ("value without key", "v:\n  : b\n  c: d\n"),
    ("anchor and alias", "v: &a [1, {b: c}]\nw: *a\nx: [*a, *a]\n"),
    ("anchor set twice", "v: &a 1\nw: *a\nx: &a 2\ny: *a\n"),
    ("anchor on nothing", "v: &a\nw: *a\n"),
    ("anchor on a line of its own", "v: &a\n  b: c\nw: *a\n"),
    ("anchor in front of a list", "v: &a\n- b\nw: *a\n"),
    ("alias of nothing", "v: *a\n"),
    ("alias of what comes later", "v: *a\nw: &a 1\n"),
    ("alias in its own anchor", "v: &a [*a]\n"),
    ("alias in its own anchor deep", "v: &a {b: [{c: *a}]}\n"),
    ("alias with an anchor", "v: &a 1\nw: &b *a\n"),
    ("alias with a tag", "v: &a 1\nw: !!str *a\n"),
    ("alias behind a document", "v: &a 1\n---\nkind: B\nw: *a\n"),
    ("anchor name with dots", "v: &a.b 1\n"),
    ("anchor name with a colon", "v: &a:b 1\n"),
    ("anchor ended by a bracket", "v: [&a a, *a]\nw: {b: *a}\n"),
    ("anchor that looks like a key", "&a v: 1\nw: *a\n"),
    ("merge before", "b: &b {x: 1, y: 2}\nv:\n  <<: *b\n  x: 3\n"),
    ("merge after", "b: &b {x: 1, y: 2}\nv:\n  x: 3\n  <<: *b\n"),
    (
        "merge of a list",
        "b: &b {x: 1}\nc: &c {x: 2, y: 3}\nv:\n  <<: [*b, *c]\n",
    ),
    ("merge of a list by alias", "b: &b [{x: 1}]\nv:\n  <<: *b\n"),
    ("merge of a mapping written there", "v:\n  <<: {x: 1}\n  y: 2\n"),
    ("merge of a list written there", "v:\n  <<: [{x: 1}, {x: 2, y: 3}]\n"),
    ("merge of an empty list", "v:\n  <<: []\n"),
    ("merge of a scalar", "v:\n  <<: x\n"),
    ("merge of null", "v:\n  <<:\n"),
    ("merge of a list with a scalar", "v:\n  <<: [{x: 1}, y]\n"),
    ("merge twice", "v:\n  <<: {x: 1}\n  <<: {x: 2}\n"),
    (
        "merge in a merge",
        "a: &a {x: 1}\nb: &b\n  <<: *a\n  y: 2\nv:\n  <<: *b\n",
    ),
    ("merge of itself", "v: &a\n  <<: *a\n"),
    ("merge quoted", "v:\n  \"<<\": {x: 1}\n"),
    ("merge by tag", "v:\n  !!merge \"<<\": {x: 1}\n"),
    ("merge by a bare tag", "v:\n  ! '<<': {x: 1}\n"),
    ("merge with a string tag", "v:\n  !!str <<: {x: 1}\n"),
    ("merge by alias of the key", "k: &k <<\nv:\n  *k : {x: 1}\n"),
    ("merge in flow", "v: {<<: {x: 1}, y: 2}\n"),
    (
        "merge of an object's own fields",
        "more: &m {kind: Other, w: 1}\n<<: *m\n",
    ),
    ("merge of what JSON cannot say", "b: &b {~: 1}\nb: 1\nv:\n  <<: *b\n"),
    ("tab as indentation", "v:\n\ta: 1\n"),
    ("tab behind the indentation", "v:\n  \ta: 1\n"),
    ("tab behind a dash", "v:\n-\ta\n"),
    ("tab behind a dash before a mapping", "v:\n-\ta: 1\n"),
    ("tab behind a colon", "v:\ta\n"),
    ("tab behind a colon before a mapping", "v:\n  a:\tb\n"),
    ("tab before a colon", "v\t: a\n"),
    ("tab at the end of a line", "v: a\t\nw:\t\n"),
    ("tab on an empty line", "v:\n\t\n  a: 1\n"),
    ("tab on an empty line behind spaces", "v:\n  \t\n  a: 1\n"),
    ("tab on an empty line in a scalar", "v: a\n\t\n  b\n"),
    ("tab in front of a comment", "v: a\t# b\n\t# c\nw: 1\n"),
    ("tab in a continuation line", "v: a\n \tb\n"),
    ("tab at the start of a continuation line", "v: a\n\tb\n"),
    ("tab in a quoted continuation line", "v: \"a\n\tb\"\n"),
    ("tab at the end of the text", "v: a\n\t"),
    ("tab behind a document end", "v: a\n...\t\n"),
    ("list not indented", "v:\n- a\n- b\nw: c\n"),
    ("list in a list", "v:\n- - a\n  - b\n-\n  - c\n"),
    ("list and mapping", "v:\n- a: 1\n  b: 2\n-\n  c: 3\n- {d: 4}\n"),
    ("list item without space", "v:\n-a\n"),
    ("list item deeper", "v:\n- a\n  - b\n"),
    ("list item shallower", "v:\n  - a\n - b\n"),
    ("list where a key is due", "v: 1\n- a\n"),
    ("list on the line of its key", "v: - a\n"),
    ("nothing in a list", "v:\n-\n- ~\n- \n"),
    ("mapping indented unevenly", "v:\n    a: 1\n    b:\n      c: 2\nw: 3\n"),
    ("key deeper than its neighbours", "v:\n  a: 1\n    b: 2\n"),
    ("key shallower than its neighbours", "v:\n    a: 1\n  b: 2\n"),
    ("key indented at the top", " v: 1\n"),
    ("two colons in a line", "v: a: b\n"),
    ("key over lines", "a\nb: c\n"),
    ("quoted key over lines", "\"a\n b\": c\n"),
    ("quoted key over lines in flow", "v: {\"a\n b\": c}\n"),
    ("plain key over lines in flow", "v: {a\n b: c}\n"),
    ("key in flow before a line end and a colon", "v: {a\n : c}\n"),
    ("key of 1020 characters", "@1020: 1\n"),
    ("key of 1023 characters", "@1023: 1\n"),
    ("key of 1024 characters", "@1024: 1\n"),
    ("key of 1025 characters", "@1025: 1\n"),
    ("quoted key of 1022 characters", "\"@1022\": 1\n"),
    ("quoted key of 1023 characters", "\"@1023\": 1\n"),
    ("key in flow of 1024 characters", "v: {@1024: 1}\n"),
    ("key in flow of 1025 characters", "v: {@1025: 1}\n"),
    (
        "key of 1000 characters and spaces",
        "@1000                               : 1\n",
    ),
    ("complex key of 1025 characters", "? @1025\n: 1\n"),
    ("long value", "v: @3000\n"),
    ("comments", "# a\nv: 1 # b\n  # c\nw: # d\n  - x # e\n# f\n"),
    ("comment without space", "v: a#b\nw: 'a'#b\nx: [a]#b\ny: {}#b\n"),
    ("comment at the end", "v: 1\n# a"),
    ("comment behind a block header", "v: |# a\n  b\n"),
    ("comment in a plain scalar", "v: a\n  # b\n  c\n"),
    ("comment less indented", "v:\n  a: 1\n# b\n  c: 2\n"),
    ("document end", "v: 1\n...\n"),
    ("document end and garbage", "v: 1\n...\n[ } garbage\n"),
    ("document end and another document", "v: 1\n...\nkind: B\n"),
    ("document end with text", "v: 1\n... a\n"),
    ("document end in a quoted scalar", "v: \"a\n...\nb\"\n"),
    ("document end in a block scalar", "v: |\n  a\n...\n"),
    ("document end, then a control character", "v: 1\n...\n\u{1}\n"),
    (
        "document end, then a control character far off",
        "v: 1\n...\n@600\u{1}\n",
    ),
    ("two documents", "v: 1\n---\nkind: B\n"),
    ("separator with a comment", "v: 1\n--- # a\nkind: B\n---#b\nkind: C\n"),
    ("separator with spaces", "v: 1\n---  \t\nkind: B\n"),
    ("separator with text", "v: 1\n--- a\nkind: B\n"),
    ("separator with a mapping", "v: 1\n--- {kind: B}\n"),
    ("separator with a tag", "v: 1\n--- !a\nkind: B\n"),
    ("separator of four dashes", "v: 1\n----\nkind: B\n"),
    ("separator with a letter", "v: 1\n---a\nkind: B\n"),
    ("separator at the end", "v: 1\n---"),
    ("separator twice", "v: 1\n---\n---\n---\nkind: B\n"),
    ("separator indented", "v: 1\n ---\nkind: B\n"),
    ("separator in a block scalar", "v: |\n  a\n---\n  b\n"),
    ("separator in a quoted scalar", "v: 'a\n---\nb'\n"),
    ("null documents", "v: 1\n---\n~\n---\nnull\n---\n# a\n---\nkind: B\n"),
    ("bad document between good ones", "v: 1\n---\nv: [\n---\nkind: B\n"),
    (
        "document without kind between good ones",
        "v: 1\n---\nv: 2\n---\nkind: B\n",
    ),
    (
        "byte order mark in front of the second document",
        "v: 1\n---\n\u{feff}kind: B\n",
    ),
    ("byte order mark in front of a key", "v: 1\n\u{feff}w: 2\n"),
    (
        "two byte order marks in front of the second document",
        "v: 1\n---\n\u{feff}\u{feff}kind: Bcd\nakind: B\n",
    ),
    ("carriage returns", "v: 1\r\nw: |\r\n  a\r\n  b\r\n"),
    ("carriage returns only", "v: 1\rw: 2\r"),
    ("hidden key behind a comment", "v: 1 # a\u{2028}w: 2\n"),
    ("hidden separator", "v: 1\u{85}---\u{85}kind: B\n"),
    ("no line feed at the end", "v: 1"),
    ("no line feed behind a block scalar", "v: |\n  a"),
    ("no line feed behind a kept block scalar", "v: |+\n  a"),
    ("spaces behind a block scalar at the end", "v: |\n  a\n   "),
    ("carriage return at the end", "v: |\n  a\r"),
    ("labels that are numbers", "metadata: {labels: {version: 1.10}}\n"),
    ("labels that are truths", "metadata: {labels: {a: yes}}\n"),
    ("labels that are null", "metadata: {labels: {a: , b: c}}\n"),
    ("labels that are a list", "metadata: {labels: []}\n"),
    ("annotations that are numbers", "metadata: {annotations: {a: 1}}\n"),
    ("name that is a number", "metadata: {name: 1}\n"),
    ("namespace that is null", "metadata: {namespace: }\n"),
    ("metadata that is a string", "metadata: a\n"),
    ("metadata that is null", "metadata:\n"),
    ("generation that is a float", "metadata: {generation: 1.0}\n"),
    ("generation that is broken", "metadata: {generation: 1.5}\n"),
    (
        "time of creation",
        "metadata: {creationTimestamp: 2020-01-02T03:04:05Z}\n",
    ),
    ("time of creation null", "metadata: {creationTimestamp: null}\n"),
    (
        "time of creation that is a date",
        "metadata: {creationTimestamp: 2020-01-02}\n",
    ),
    ("finalizers", "metadata: {finalizers: [a, ~]}\n"),
    ("finalizers that are numbers", "metadata: {finalizers: [1]}\n"),
    (
        "owners",
        "metadata: {ownerReferences: [{controller: yes, name: a, x: 1}]}\n",
    ),
    (
        "owners that are wrong",
        "metadata: {ownerReferences: [{controller: 1}]}\n",
    ),
    ("version that is a number", "apiVersion: 1\n"),
    ("version with two slashes", "apiVersion: a/b/c\n"),
    ("version that is a slash", "apiVersion: /\n"),
    ("kind that is a number", "kind: 1\n"),
    ("kind that is null", "kind:\n"),
    ("kind that is empty", "kind: ''\n"),
    ("items that are null", "items:\n"),
    ("items that are none", "items: []\n"),
    ("items that are a string", "items: a\n"),
    ("items without kind", "items: [{a: 1}]\n"),
    (
        "items with kind",
        "items: [{apiVersion: v1, kind: A}, {apiVersion: v1, kind: B, metadata: {labels: {a: 1}}}]\n",
    ),
    ("items with kind and no version", "items: [{kind: A}]\n"),
    ("items that are numbers", "items: [1]\n"),
    ("fields in another case", "Kind: A\nApiVersion: b\nMetadata: c\n"),
    ("document tag in front of a list", "v: !!seq\n- a\nw: !!map\n  b: c\n"),
];

/// Whole files.
const WHOLE: &[(&str, &str)] = &[
    ("empty file", ""),
    ("space only", " \n\n"),
    ("comment only", "# a\n"),
    ("separator only", "---\n"),
    ("separators only", "---\n---\n---\n"),
    ("document end only", "...\n"),
    ("null", "null\n"),
    ("string", "a\n"),
    ("number", "1\n"),
    ("list", "- kind: A\n"),
    ("no kind", "apiVersion: v1\n"),
    ("kind only", "kind: A\n"),
    ("separator first", "---\nkind: A\n"),
    ("comment, then separator", "# a\n---\nkind: A\n"),
    ("space, then separator", "\n\n---\nkind: A\n"),
    ("document in flow behind a comment", "# a\n{kind: A, v: 1}\n"),
    ("document in flow and more", "# a\n{kind: A, v: 1}\nw: 2\n"),
    ("document in flow and broken text", "# a\n{kind: A, v: 1}\n\"w\n"),
    ("document in flow as a key", "# a\n{kind: A}: 1\n"),
    ("document in flow as a key, forgotten", "# a\n{? kind : A}: 1\n"),
    ("document in flow behind a separator", "---\n{kind: A, v: 1}\n"),
    ("document with a tag", "!foo\nkind: A\n"),
    ("document with an anchor", "&a\nkind: A\n"),
    ("document that is an alias", "--- \n*a\n"),
    ("version directive", "%YAML 1.1\n---\nkind: A\n"),
    ("version directive 1.2", "%YAML 1.2\n---\nkind: A\n"),
    (
        "tag directive",
        "%TAG !a! tag:yaml.org,2002:\n---\nkind: A\nv: !a!int 5\n",
    ),
    ("unknown directive", "%FOO\n---\nkind: A\n"),
    ("version directive with carriage returns", "%YAML 1.1\r---\rkind: A\r"),
    (
        "version directive 1.2 with carriage returns",
        "%YAML 1.2\r---\rkind: A\r",
    ),
    (
        "version directive twice with carriage returns",
        "%YAML 1.1\r%YAML 1.1\r---\rkind: A\r",
    ),
    (
        "version directive with a comment and carriage returns",
        "%YAML 1.1 # a\r---\rkind: A\r",
    ),
    (
        "version directive with text and carriage returns",
        "%YAML 1.1 a\r---\rkind: A\r",
    ),
    (
        "long version directive with carriage returns",
        "%YAML 111.1\r---\rkind: A\r",
    ),
    (
        "tag directive with carriage returns",
        "%TAG !a! tag:yaml.org,2002:\r---\rkind: A\rv: !a!int '5'\r",
    ),
    (
        "tag directive for the bare handle",
        "%TAG ! tag:yaml.org,2002:\r---\rkind: A\rv: !int '5'\r",
    ),
    (
        "tag directive for the double handle",
        "%TAG !! tag:example.org,2002:\r---\rkind: A\rv: !!int 5\r",
    ),
    ("tag directive twice", "%TAG !a! b\r%TAG !a! c\r---\rkind: A\r"),
    ("tag directive without prefix", "%TAG !a!\r---\rkind: A\r"),
    ("tag directive without handle", "%TAG a b\r---\rkind: A\r"),
    ("percent later", "kind: A\nv:\n  %a\n"),
    ("percent at the start of a line", "kind: A\n%a: b\n"),
    ("two documents with carriage returns", "kind: A\r---\rkind: B\r"),
    ("separator with text and carriage returns", "--- kind: A\r"),
    ("byte order mark", "\u{feff}kind: A\n"),
    ("two byte order marks", "\u{feff}\u{feff}kind: A\n"),
    ("three byte order marks", "\u{feff}\u{feff}\u{feff}kind: A\nakind: B\n"),
    ("byte order mark and separator", "\u{feff}---\nkind: A\n"),
    (
        "list of objects",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A}\n- {apiVersion: v1, kind: B}\n",
    ),
    (
        "typed list",
        "apiVersion: v1\nkind: ConfigMapList\nitems:\n- {data: {a: b}}\n- {kind: A, apiVersion: v2}\n- {kind: 5}\n",
    ),
    (
        "typed list with null",
        "apiVersion: v1\nkind: ConfigMapList\nitems: [~]\n",
    ),
    (
        "typed list in a list",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: AList\n  items: [{kind: C, apiVersion: v1}]\n- {apiVersion: v1, kind: B}\n",
    ),
    (
        "typed list in a list without kinds",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: AList\n  items: [{}]\n",
    ),
    (
        "item with null items",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, items: }\n",
    ),
    (
        "list without kind",
        "apiVersion: v1\nitems: [{apiVersion: v1, kind: A}]\n",
    ),
    ("list without version", "kind: AList\nitems: [{}]\n"),
    (
        "item with a version that is a group",
        "kind: List\nitems: [{apiVersion: a/, kind: A}]\n",
    ),
    (
        "list whose labels are numbers",
        "apiVersion: v1\nkind: List\nmetadata: {labels: {a: 1}}\nitems: [{apiVersion: v1, kind: A}]\n",
    ),
    ("JSON", "{\"kind\": \"A\", \"v\": [1, 1.5, true, null, \"a\"]}"),
    ("JSON behind space", " \n\t{\"kind\": \"A\"}\n"),
    ("JSON behind a form feed", "\u{c}{\"kind\": \"A\"}\n"),
    ("JSON behind a no-break space", "\u{a0}{\"kind\": \"A\"}\n"),
    ("JSON behind a separator", "---\n{\"kind\": \"A\"}\n"),
    (
        "JSON numbers",
        "{\"kind\": \"A\", \"v\": [0, -0, 0.0, -0.0, 1e3, 1E+2, 1e-2, 1.0, 9223372036854775808, 1e21, 123456789012345678901234567890]}",
    ),
    ("JSON number with a zero in front", "{\"kind\": \"A\", \"v\": 01}"),
    ("JSON number with a plus", "{\"kind\": \"A\", \"v\": +1}"),
    ("JSON number that is too large", "{\"kind\": \"A\", \"v\": 1e400}"),
    ("JSON number that ends early", "{\"kind\": \"A\", \"v\": 1.}"),
    (
        "JSON escapes",
        "{\"kind\": \"A\", \"v\": \"\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\"\\\\\"}",
    ),
    (
        "JSON lone surrogates",
        "{\"kind\": \"A\", \"v\": \"\\ud83d a \\ude00\\ud83d\\ud83d\\ude00\\ud83d\\u0041\"}",
    ),
    ("JSON unknown escape", "{\"kind\": \"A\", \"v\": \"\\x41\"}"),
    ("JSON quote escape", "{\"kind\": \"A\", \"v\": \"\\'\"}"),
    ("JSON control character", "{\"kind\": \"A\", \"v\": \"a\tb\"}"),
    ("JSON line end in a string", "{\"kind\": \"A\", \"v\": \"a\nb\"}"),
    (
        "JSON separators in a string",
        "{\"kind\": \"A\", \"v\": \"\u{2028}\u{7f}\u{85}\"}",
    ),
    (
        "JSON byte order mark in a string",
        "{\"kind\": \"A\", \"v\": \"\u{feff}\"}",
    ),
    ("JSON duplicate keys", "{\"kind\": \"A\", \"v\": 1, \"v\": 2}"),
    (
        "JSON duplicate key does not hide a number",
        "{\"kind\": \"A\", \"v\": 1e400, \"v\": 2}",
    ),
    ("JSON merge key", "{\"kind\": \"A\", \"v\": {\"<<\": {\"a\": 1}}}"),
    ("JSON empty key", "{\"kind\": \"A\", \"\": 1}"),
    ("JSON trailing comma", "{\"kind\": \"A\",}"),
    ("JSON trailing comma in a list", "{\"kind\": \"A\", \"v\": [1,]}"),
    ("JSON comment", "{\"kind\": \"A\" # a\n}"),
    ("JSON bare key", "{kind: A}"),
    ("JSON single quotes", "{'kind': 'A'}"),
    (
        "JSON two objects",
        "{\"kind\": \"A\"}{\"kind\": \"B\"}\n{\"kind\": \"C\"}",
    ),
    (
        "JSON with a comma between objects",
        "{\"kind\": \"A\"},{\"kind\": \"B\"}",
    ),
    ("JSON and a separator", "{\"kind\": \"A\"}\n---\n{\"kind\": \"B\"}\n"),
    ("JSON and YAML", "{\"kind\": \"A\"}\nkind: B\n"),
    ("JSON and a number", "{\"kind\": \"A\"} 5"),
    ("JSON and null", "{\"kind\": \"A\"} null {\"kind\": \"B\"}"),
    ("JSON and garbage", "{\"kind\": \"A\"} x"),
    ("JSON cut off", "{\"kind\": \"A\""),
    ("JSON list", "[{\"kind\": \"A\"}]"),
    ("JSON words", "{\"kind\": \"A\", \"v\": [True]}"),
    ("JSON not a number", "{\"kind\": \"A\", \"v\": NaN}"),
    ("JSON empty object", "{}"),
    ("JSON placeholder", "{\"kind\": \"A\", \"v\": [...]}"),
    (
        "JSON generation that is a float",
        "{\"kind\": \"A\", \"metadata\": {\"generation\": 1.0}}",
    ),
    (
        "JSON list of objects",
        "{\"kind\": \"List\", \"apiVersion\": \"v1\", \"items\": [{\"kind\": \"A\", \"apiVersion\": \"v1\"}]}",
    ),
    ("JSON with a form feed inside", "{\u{c}\"kind\": \"A\"}"),
    ("braces that are no JSON", "{{ template }}\n"),
];

/// Files that are not UTF-8.
const BYTES: &[(&str, &[u8])] = &[
    ("Latin-1", b"kind: A\nv: caf\xE9\n"),
    ("Latin-1 behind a byte order mark", b"\xEF\xBB\xBFkind: A\nv: caf\xE9\n"),
    (
        "Latin-1 behind a byte order mark and the document's end",
        b"\xEF\xBB\xBFkind: A\n...\n\xE9\n",
    ),
    (
        "cut off sequences",
        b"kind: A\nv: [\xE2\x82, \xF0\x9F\x98, \xC3, \xE2\x82\xE2\x82]\n",
    ),
    (
        "overlong sequences",
        b"kind: A\nv: \"\xC0\x80 \xE0\x80\x80 \xED\xA0\x80 \xF5\x80\"\n",
    ),
    ("sequence cut off by the end", b"kind: A\nv: \xF0\x9F\x98"),
    ("invalid bytes in a comment", b"kind: A # \xFF\xFE\n"),
    ("invalid bytes in JSON", b"{\"kind\": \"A\", \"v\": \"\xE2\x82\"}"),
    (
        "invalid bytes in JSON behind a byte order mark",
        b"\xEF\xBB\xBF{\"kind\": \"A\", \"v\": \"\xE2\x82\"}",
    ),
    (
        "UTF-16 little",
        b"\xFF\xFEk\0i\0n\0d\0:\0 \0A\0\n\0v\0:\0 \0\x3D\xD8\x00\xDE\n\0",
    ),
    ("UTF-16 big", b"\xFE\xFF\0k\0i\0n\0d\0:\0 \0A\0\n\0v\0:\0 \0\xE9\0\n"),
    ("UTF-16 cut off", b"\xFE\xFF\0k\0i\0n\0d\0:\0 \0A\0"),
    ("UTF-16 without a mark", b"k\0i\0n\0d\0:\0 \0A\0\n\0"),
    (
        "UTF-16 lone surrogates",
        b"\xFE\xFF\0k\0i\0n\0d\0:\0 \0A\0\n\0v\0:\0 \xD8\x3D\0a\xDC\x00\xDC\x00\0b\0\n",
    ),
    ("UTF-16 of JSON", b"\xFE\xFF\0{\0\"\0k\0i\0n\0d\0\"\0:\0\"\0A\0\"\0}"),
    ("byte order mark cut off", b"\xEF\xBBkind: A\n"),
    ("NUL", b"kind: A\nv: a\0b\n"),
    ("NUL at the end", b"kind: A\n\0"),
];

/// `@n` in a body stands for a word of n characters.
fn with_long_words(body: &str) -> String {
    let mut text = String::new();
    let mut rest = body;
    while let Some(at) = rest.find('@') {
        let digits: String = rest[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        text.push_str(&rest[..at]);
        match digits.parse::<usize>() {
            Ok(length) => text.push_str(&"k".repeat(length)),
            Err(_) => text.push('@'),
        }
        rest = &rest[at + 1 + digits.len()..];
    }
    text.push_str(rest);
    text
}

/// All hand-made cases, each under a name of its own.
pub fn hand_made() -> Vec<Case> {
    let scalars = SCALARS
        .iter()
        .map(|value| Case::new(format!("v: {value}"), format!("{HEAD}v: {value}\nw: z\n")));
    let bodies = BODIES
        .iter()
        .map(|(name, body)| Case::new(*name, format!("{HEAD}{}", with_long_words(body))));
    let whole = WHOLE.iter().map(|(name, text)| Case::new(*name, *text));
    let bytes = BYTES.iter().map(|(name, bytes)| Case::new(*name, *bytes));
    scalars.chain(bodies).chain(whole).chain(bytes).collect()
}

/// The YAML and JSON files below a folder, in order.
pub fn files_below(folder: &Path) -> Vec<Case> {
    let mut files = Vec::new();
    let mut pending: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    files
        .into_iter()
        .map(|path| Case::new(path.display().to_string(), fs::read(&path).unwrap()))
        .collect()
}
