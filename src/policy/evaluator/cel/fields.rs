//! Which fields of a variable an expression looks at.
//!
//! A SidecarSet's container has hundreds of values, an expression asks for two or three of them; the others are not converted.

use std::collections::HashSet;

use cel::common::ast::{EntryExpr, Expr};
use cel::{IdedExpr, Program};

/// The first fields that expressions look at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fields<'p> {
    /// The variable stands alone somewhere, so any field may be meant.
    All,
    /// Only these.
    Some(HashSet<&'p str>),
}

impl<'p> Fields<'p> {
    /// The fields of `variable` in all of `programs`.
    pub(super) fn of(variable: &str, programs: &[&'p Program]) -> Self {
        let mut names = HashSet::new();
        let mut pending: Vec<&IdedExpr> = programs.iter().map(|program| program.expression()).collect();
        while let Some(expression) = pending.pop() {
            match &expression.expr {
                Expr::Ident(name) if name == variable => return Self::All,
                Expr::Select(select) => {
                    if matches!(&select.operand.expr, Expr::Ident(name) if name == variable) {
                        names.insert(select.field.as_str());
                    } else {
                        pending.push(&select.operand);
                    }
                }
                Expr::Call(call) => {
                    pending.extend(call.target.as_deref());
                    pending.extend(&call.args);
                }
                Expr::Comprehension(comprehension) => pending.extend([
                    &comprehension.iter_range,
                    &comprehension.accu_init,
                    &comprehension.loop_cond,
                    &comprehension.loop_step,
                    &comprehension.result,
                ]),
                Expr::List(list) => pending.extend(&list.elements),
                Expr::Map(map) => pending.extend(map.entries.iter().flat_map(|entry| parts(&entry.expr))),
                Expr::Struct(fields) => pending.extend(fields.entries.iter().flat_map(|entry| parts(&entry.expr))),
                Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
            }
        }
        Self::Some(names)
    }
}

fn parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(expression: &str) -> Option<Vec<String>> {
        let program = Program::compile(expression).unwrap();
        match Fields::of("self", &[&program]) {
            Fields::All => None,
            Fields::Some(names) => {
                let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
                names.sort();
                Some(names)
            }
        }
    }

    #[test]
    fn only_what_is_named_is_looked_at() {
        let named = fields("!has(self.a.b) || self.c.exists(x, x == self.d) && size({'k': self.e}) > 0");
        assert_eq!(named.unwrap(), ["a", "c", "d", "e"]);
        assert_eq!(fields("object.a").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_variable_on_its_own_means_all_of_it() {
        for expression in [
            "size(self) > 1",
            "self['a'] == 1",
            "'a' in self",
            "self.exists(key, key == 'a')",
            "[self]",
        ] {
            assert_eq!(fields(expression), None, "{expression}");
        }
    }
}
